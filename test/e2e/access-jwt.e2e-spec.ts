import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startBearerGateway, TASK } from '../support/bearer-gateway.js';
import type { BearerGateway } from '../support/bearer-gateway.js';
import { eventually } from '../support/eventually.js';
import type { Gateway } from '../support/gateway.js';
import type { RequestHeaders } from '../support/http-client.js';
import { AUDIENCE } from '../support/issuer.js';
import type { Issuer } from '../support/issuer.js';
import { expectProblem } from '../support/problems.js';
import { PROJECT, taskIn } from '../support/tasks.js';

let system: BearerGateway;
let gateway: Gateway;
let issuer: Issuer;
let good: BearerGateway['good'];
let bearing: BearerGateway['bearing'];
beforeAll(async () => {
  system = await startBearerGateway();
  ({ gateway, issuer, good, bearing } = system);
});
afterAll(() => system.close());
beforeEach(() => gateway.simulator.control.clearRequests());

const seconds = (): number => Math.floor(Date.now() / 1000);

describe('a bearer token', () => {
  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt'])(
    'of type %s: opens what its claims allow',
    async (typ) => {
      expect(taskIn(await bearing(await good({}, typ === undefined ? {} : { typ }))).status).toBe('succeeded');
    },
  );

  it('signed with any configured algorithm: accepted', async () => {
    const key = issuer.keys[1];
    if (key === undefined) throw new Error('no second key');
    const token = await issuer.token({ key, claims: { tid: 't1', projects: PROJECT, may_ask: ['ims'] } });
    expect(taskIn(await bearing(token)).status).toBe('succeeded');
  });

  it('several audiences, a little late, any spelling of the scheme: accepted', async () => {
    const token = await good({ aud: ['other', AUDIENCE], exp: seconds() - 2, nbf: seconds() + 2, iat: seconds() + 2 });
    const reply = await gateway.get(TASK, { authorization: `bEARER  ${token}` });
    expect(taskIn(reply).status).toBe('succeeded');
  });

  it('of 16,384 characters: accepted', async () => {
    const short = (await good({ pad: '' })).length;
    // Base64 makes four characters of three bytes.
    const pad = 'x'.repeat(Math.floor(((16_384 - short) * 3) / 4));
    const token = await good({ pad });
    expect(token.length).toBeGreaterThan(16_380);
    expect(token.length).toBeLessThanOrEqual(16_384);
    for (const reply of [await bearing(token), await bearing(token)]) expect(taskIn(reply).status).toBe('succeeded');
  });

  it.each([
    ['another project', { projects: ['5f3a8e0d7c1b4e6f9a2d4c8b1e7f6a35'] }],
    ['no projects', { projects: undefined }],
    ['an empty list of projects', { projects: [] }],
    ['projects that are no names', { projects: [PROJECT, 7] }],
    ['an object of projects', { projects: { [PROJECT]: true } }],
    ['the word any as a project', { projects: 'any' }],
    ['null', { projects: null }],
    ['several names in one', { projects: `${PROJECT} ${PROJECT}` }],
    ['another provider', { may_ask: ['dms'] }],
    ['no provider', { may_ask: undefined }],
  ])('with %s: known, and 403', async (_, claims) => {
    const reply = await bearing(await good(claims));
    expectProblem(gateway, reply, 'permission-denied', {
      provider: 'ims',
      detail: 'Your credentials do not allow asking about tasks of this provider in this scope.',
    });
    expect(gateway.simulator.control.requests()).toEqual([]);
  });
});

describe('Authorization', () => {
  it.each<RequestHeaders>([
    {},
    { authorization: 'Basic dXNlcjpwYXNz' },
    { 'x-api-key': 'a-key' },
    { 'x-auth-token': 'a-token' },
  ])('no bearer token, but %j: 401 that asks for one', async (headers) => {
    const reply = await gateway.get(TASK, headers);
    expectProblem(gateway, reply, 'unauthenticated', { detail: 'Send your token as Authorization: Bearer.' });
    expect(reply.headers['www-authenticate']).toBe('Bearer realm="task-gateway"');
  });

  it('sent twice, even the same, whatever its schemes: 400', async () => {
    const token = `Bearer ${await good()}`;
    for (const authorization of [
      [token, token],
      [token, 'Bearer x'],
      ['Bearer x', token],
      ['Basic dXNlcjpwYXNz', token],
      [token, 'Basic dXNlcjpwYXNz'],
    ]) {
      const reply = await gateway.get(TASK, { authorization });
      const detail = 'Authorization must be sent once.';
      expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, header: 'Authorization' }] });
    }
  });

  it('two tokens in one, or none: 400', async () => {
    const token = await good();
    for (const authorization of [
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token},Bearer ${token}`,
      `Bearer ${token} Bearer ${token}`,
      `Bearer ${token} ${token}`,
      `Basic dXNlcjpwYXNz, Bearer ${token}`,
      'Bearer',
      'Bearer "x"',
    ]) {
      const reply = await gateway.get(TASK, { authorization });
      const detail = 'Authorization must be Bearer and one token.';
      expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, header: 'Authorization' }] });
    }
  });

  it('access log: holds no token, but a principal of its bearer', async () => {
    const principals = new Map<string, unknown>();
    const asked = [
      ['alice', await good()],
      ['alice again', await good({ jti: 'another token' })],
      ['bob', await good({ sub: 'bob' })],
      ['alice elsewhere', await good({ tid: 't2' })],
    ] as const;
    for (const [who, token] of asked) {
      const id = `logged-${principals.size}`;
      await gateway.get(TASK, { authorization: `Bearer ${token}`, 'x-request-id': id });
      const lines = () => gateway.logs.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
      await eventually(() => lines().some(({ requestId }) => requestId === id));
      principals.set(who, lines().find(({ requestId }) => requestId === id)?.['principal']);
      expect(gateway.logs.join('\n')).not.toContain(token.split('.')[2]);
    }
    for (const principal of principals.values()) expect(principal).toMatch(/^[\w-]{43}$/);
    expect(principals.get('alice again')).toBe(principals.get('alice'));
    expect(new Set(principals.values()).size).toBe(3);
    const own = await gateway.get(TASK, {
      authorization: `Bearer ${await good()}`,
      'x-auth-token': 'mine',
      'x-request-id': 'logged-own',
    });
    expect(own.status).toBe(200);
    await eventually(() => gateway.logs.some((line) => line.includes('logged-own')));
    const line = gateway.logs.find((text) => text.includes('logged-own')) ?? '{}';
    expect([...principals.values()]).not.toContain((JSON.parse(line) as { principal: string }).principal);
  });

  it('refused token: the log says why', async () => {
    await bearing(await good({ aud: 'billing', sub: 'mallory' }));
    const lines = gateway.logs.filter((line) => line.includes('refused'));
    expect(lines.at(-1)).toContain('ERR_JWT_CLAIM_VALIDATION_FAILED (aud)');
    expect(lines.join('\n')).not.toMatch(/mallory|billing/);
  });
});
