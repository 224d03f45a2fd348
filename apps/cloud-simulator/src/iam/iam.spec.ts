import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { demoAccount } from '../accounts.js';
import { startSimulator } from '../simulator.js';
import type { Simulator } from '../simulator.js';
import { ask, loginBody, PROJECT, SECOND_PROJECT, send, tokenFor } from '../testing/ask.js';

const TOKENS = '/iam/v3/auth/tokens';
const BY_ID = { project: { id: PROJECT } };
const DAY_MS = 24 * 3_600_000;

describe('IAM', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    const demo = demoAccount();
    const guest = {
      id: 'b95b78b67fa045b38104c12fb2729a1c',
      name: 'guest',
      password: 'guest',
      projects: [SECOND_PROJECT],
    };
    const other = { ...demo, id: 'a9c1d2', name: 'other', projects: [{ id: 'f00d', name: 'theirs' }] };
    simulator = await startSimulator({ accounts: [{ ...demo, users: [...demo.users, guest] }, other] });
  });
  afterAll(() => simulator.close());
  afterEach(() => simulator.control.reset());

  it('issues a token for a project', async () => {
    const { status, headers, body } = await send(simulator, 'POST', `${TOKENS}?nocatalog=true`, loginBody(BY_ID));
    expect(status).toBe(201);
    expect(headers.get('x-subject-token')).toMatch(/^MII[\w+-]{1496}[\w+=-]$/);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('x-openstack-request-id')).toBe(`req-${headers.get('x-request-id')}`);
    const domain = { id: 'd78cbac186b744899480f25bd022f468', name: 'demo' };
    const time = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/);
    expect(body).toEqual({
      token: {
        expires_at: time,
        issued_at: time,
        methods: ['password'],
        roles: [{ id: '0', name: 'te_agency' }],
        project: { domain, id: PROJECT, name: 'eu-demo-1' },
        user: { domain, id: '7116d09f88fa41908676fdd4b039e95b', name: 'demo', password_expires_at: '' },
      },
    });
    const { token } = body as { token: { expires_at: string; issued_at: string } };
    expect(Date.parse(token.expires_at) - Date.parse(token.issued_at)).toBe(DAY_MS);
  });

  it.each([
    ['a project by name', { project: { name: 'eu-demo-1' } }, { project: { id: PROJECT } }],
    ['a project by name and domain', { project: { name: 'eu-demo-1', domain: { name: 'demo' } } }, { project: {} }],
    ['a project, even if the domain is named too', { ...BY_ID, domain: { name: 'demo' } }, { project: {} }],
    ['the domain', { domain: { name: 'demo' } }, { domain: { name: 'demo' } }],
    ['nothing', undefined, {}],
  ])('scopes a token to %s', async (_what, scope, expected) => {
    const { status, body } = await send(simulator, 'POST', TOKENS, loginBody(scope));
    expect(status).toBe(201);
    expect(body).toMatchObject({ token: { ...expected, catalog: expect.any(Array) } });
  });

  it.each([
    ['a wrong password', loginBody(BY_ID, 'wrong'), 401],
    ['an unknown user', loginBody(BY_ID, 'demo-password', 'nobody'), 401],
    ['a user of another domain', loginBody(BY_ID, 'guest', 'guest', 'other'), 401],
    ['a project of another account', loginBody({ project: { id: 'f00d' } }), 403],
    ['a project that is closed to the user', loginBody(BY_ID, 'guest', 'guest'), 403],
    ['a project in another domain', loginBody({ project: { id: PROJECT, domain: { name: 'other' } } }), 403],
    ['another domain', loginBody({ domain: { name: 'other' } }), 403],
    ['an empty scope', loginBody({}), 400],
    ['another method', { auth: { identity: { methods: ['totp'] } } }, 400],
    ['no body', undefined, 400],
    ['something else', { user: 'demo' }, 400],
  ])('refuses %s', async (_what, login, status) => {
    const answer = await send(simulator, 'POST', TOKENS, login);
    const titles: Record<number, string> = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden' };
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: { message: expect.any(String), code: status, title: titles[status] } });
    expect(answer.headers.get('x-subject-token')).toBeNull();
  });

  it('checks a token', async () => {
    const token = tokenFor(simulator);
    const headers = { 'X-Auth-Token': token, 'X-Subject-Token': token };
    const found = await ask(simulator, `${TOKENS}?nocatalog`, { headers });
    expect(found.status).toBe(200);
    expect(found.headers.get('x-subject-token')).toBe(token);
    expect(found.body).toMatchObject({ token: { project: { id: PROJECT }, user: { name: 'demo' } } });
    const head = await ask(simulator, TOKENS, { method: 'HEAD', headers });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('tells an unknown, an expired and a foreign token from one that may not ask', async () => {
    const old = tokenFor(simulator);
    simulator.control.advanceClock({ advanceMs: DAY_MS });
    const token = tokenFor(simulator);
    const foreign = simulator.control.issueToken({ domain: 'demo', user: 'guest', projectId: SECOND_PROJECT });
    const statusOf = async (asking: string, subject: string): Promise<number> =>
      (await ask(simulator, TOKENS, { headers: { 'X-Auth-Token': asking, 'X-Subject-Token': subject } })).status;
    expect(await statusOf(token, token)).toBe(200);
    expect(await statusOf(token, 'unknown')).toBe(404);
    expect(await statusOf(token, old)).toBe(404);
    expect(await statusOf(token, foreign)).toBe(403);
    expect(await statusOf(old, token)).toBe(401);
    expect(await statusOf('unknown', token)).toBe(401);
    expect((await ask(simulator, TOKENS, { headers: { 'X-Subject-Token': token } })).status).toBe(401);
    expect((await ask(simulator, TOKENS, { headers: { 'X-Auth-Token': token } })).status).toBe(400);
  });

  it('publishes nothing else', async () => {
    for (const [method, path] of [
      ['DELETE', TOKENS],
      ['POST', `${TOKENS}/`],
      ['GET', '/iam/v3'],
    ] as const) {
      const { status, body } = await ask(simulator, path, { method });
      expect([status, body]).toMatchObject([404, { error_code: 'APIGW.0101' }]);
    }
  });

  it('issues tokens of the length that is asked for, and accepts 64 KiB of headers', async () => {
    const long = await startSimulator({ tokenLength: 16_384 });
    try {
      // fetch itself stops at 16 KiB of headers.
      const login = JSON.stringify(loginBody(BY_ID));
      const issued = await exchange(long, 'POST', {}, login);
      const token = String(issued.headers['x-subject-token']);
      expect(token).toHaveLength(16_384);
      const filler = 'x'.repeat(15_000);
      const headers = { 'X-Auth-Token': token, 'X-Subject-Token': token, 'X-A': filler, 'X-B': filler };
      expect((await exchange(long, 'GET', headers)).statusCode).toBe(200);
    } finally {
      await long.close();
    }
    await expect(startSimulator({ tokenLength: 16_385 })).rejects.toThrow(RangeError);
  });
});

function exchange(
  simulator: Simulator,
  method: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(simulator.url + TOKENS, { method, headers, maxHeaderSize: 65_536 }, (response) => {
      response.resume();
      resolve(response);
    });
    sent.on('error', reject).end(body);
  });
}
