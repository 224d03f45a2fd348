import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { base64url, exportSPKI } from 'jose';
import { eventually } from '../support/eventually.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { AUDIENCE, newKey, startIssuer } from '../support/issuer.js';
import type { Issuer, SigningKey } from '../support/issuer.js';
import type { Reply, RequestHeaders } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';
import { PROJECT, taskIn } from '../support/tasks.js';

const TASK = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
const INVALID = 'Bearer realm="task-gateway", error="invalid_token"';
const CLAIMS = { tenant: 'tid', regions: 'any', projects: 'projects', instances: 'any', providers: 'may_ask' };

let issuer: Issuer;
let gateway: Gateway;
let versatile: SigningKey;
beforeAll(async () => {
  issuer = await startIssuer();
  // Published without its algorithm: only the configuration says what it may not be used for.
  const key = await newKey('versatile', 'RS512');
  versatile = { ...key, jwk: { ...key.jwk, alg: undefined } };
  issuer.keys = [...issuer.keys, await newKey('elliptic', 'ES256'), versatile];
  const jwt = { issuer: issuer.url, audience: AUDIENCE, algorithms: ['RS256', 'ES256'], claims: CLAIMS };
  gateway = await startGateway({ config: { access: { mode: 'jwt', jwt }, server: { logLevel: 'debug' } } });
});
afterAll(async () => {
  await gateway.close();
  await issuer.close();
});
beforeEach(() => gateway.simulator.control.clearRequests());

/** A good token of somebody who may ask about the demo's images. */
const good = (claims: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}) =>
  issuer.token({ claims: { tid: 't1', projects: [PROJECT], may_ask: 'ims', ...claims }, header });
const bearing = (token: string, path = TASK): Promise<Reply> => gateway.get(path, { authorization: `Bearer ${token}` });
const seconds = (): number => Math.floor(Date.now() / 1000);
const json = (value: unknown): string => base64url.encode(JSON.stringify(value));

describe('a good token', () => {
  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt'])(
    'of type %s opens what its claims allow',
    async (typ) => {
      expect(taskIn(await bearing(await good({}, typ === undefined ? {} : { typ }))).status).toBe('succeeded');
    },
  );

  it('may be signed with any algorithm that is allowed', async () => {
    const key = issuer.keys[1];
    if (key === undefined) throw new Error('no second key');
    const token = await issuer.token({ key, claims: { tid: 't1', projects: PROJECT, may_ask: ['ims'] } });
    expect(taskIn(await bearing(token)).status).toBe('succeeded');
  });

  it('may name several audiences, be a little late, and come with any spelling of the scheme', async () => {
    const token = await good({ aud: ['other', AUDIENCE], exp: seconds() - 2, nbf: seconds() + 2, iat: seconds() + 2 });
    const reply = await gateway.get(TASK, { authorization: `bEARER  ${token}` });
    expect(taskIn(reply).status).toBe('succeeded');
  });

  it('of 16,384 characters is as good as any', async () => {
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
  ])('with %s is known, and not allowed', async (_, claims) => {
    const reply = await bearing(await good(claims));
    expectProblem(gateway, reply, 'permission-denied', {
      provider: 'ims',
      detail: 'Your credentials do not allow asking about tasks of this provider in this scope.',
    });
    expect(gateway.simulator.control.requests()).toEqual([]);
  });
});

describe('a token that is not good', () => {
  const flipped = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
  const parts = async (): Promise<readonly [string, string, string]> => {
    const [header = '', payload = '', signature = ''] = (await good()).split('.');
    return [header, payload, signature];
  };
  const stranger = newKey('first');

  const bad: readonly (readonly [string, () => Promise<string>])[] = [
    ['expired', () => good({ exp: seconds() - 6 })],
    ['without an end', () => good({ exp: undefined })],
    ['with an end that is no number', () => good({ exp: 'tomorrow' })],
    ['not valid yet', () => good({ nbf: seconds() + 60 })],
    ['issued in the future', () => good({ iat: seconds() + 60 })],
    ['of another issuer', () => good({ iss: 'https://evil.example.com' })],
    ['of the same issuer, spelled otherwise', () => good({ iss: `${issuer.url}/` })],
    ['without an issuer', () => good({ iss: undefined })],
    ['for another audience', () => good({ aud: 'billing' })],
    ['for an audience that begins alike', () => good({ aud: `${AUDIENCE}-2` })],
    ['without an audience', () => good({ aud: undefined })],
    ['without a subject', () => good({ sub: undefined })],
    ['with an empty subject', () => good({ sub: '' })],
    ['with a subject that is no text', () => good({ sub: 7 })],
    ['without its tenant', () => good({ tid: undefined })],
    ['with several tenants', () => good({ tid: ['t1', 't2'] })],
    ['of another type', () => good({}, { typ: 'logout+jwt' })],
    ['with a critical extension', () => good({}, { crit: ['urn:x'], 'urn:x': 1 })],
    ['naming an unknown key', () => good({}, { kid: 'nobody' })],
    [
      'signed by a stranger with the same key id',
      async () => issuer.token({ key: await stranger, claims: { tid: 't1' } }),
    ],
    [
      'bringing its own key',
      async () => issuer.token({ key: await stranger, header: { jwk: (await stranger).jwk }, claims: { tid: 't1' } }),
    ],
    [
      'saying where its keys are',
      async () => issuer.token({ key: await stranger, header: { jku: issuer.jwksUrl }, claims: { tid: 't1' } }),
    ],
    [
      'with claims exchanged',
      async () => {
        const [header, , signature] = await parts();
        return `${header}.${(await good({ sub: 'bob' })).split('.')[1] ?? ''}.${signature}`;
      },
    ],
    [
      'with a signature that is off by a letter',
      async () => {
        const [header, payload, signature] = await parts();
        return `${header}.${payload}.${flipped(signature)}`;
      },
    ],
    [
      'without a signature',
      async () => {
        const [header, payload] = await parts();
        return `${header}.${payload}.`;
      },
    ],
    ...['none', 'None', 'NONE'].map(
      (alg) => [`of algorithm ${alg}`, async () => `${json({ alg })}.${(await parts())[1]}.`] as const,
    ),
    [
      'signed with HS256 and the public key',
      async () => {
        const key = issuer.keys[0];
        if (key === undefined) throw new Error('no key');
        const said = `${json({ alg: 'HS256', kid: key.kid })}.${(await parts())[1]}`;
        const mac = createHmac('sha256', await exportSPKI(key.publicKey))
          .update(said)
          .digest('base64url');
        return `${said}.${mac}`;
      },
    ],
    ['of an algorithm that is not allowed', async () => issuer.token({ key: versatile, claims: { tid: 't1' } })],
    ['of five parts', async () => `${await good()}.x.y`],
    ['of no parts', async () => 'opaque'],
    ['of dots', async () => '..'],
    ['of JSON that is none', async () => `${base64url.encode('{')}.${base64url.encode('{')}.AAAA`],
    ['of 60,000 characters', async () => 'x'.repeat(60_000)],
  ];

  it.each(bad)('%s is a 401 that does not say why', async (_, make) => {
    const token = await make();
    for (const path of [TASK, '/tasks/ims/00000000000000000000000000000000', '/providers', '/tasks/nowhere/x?y']) {
      const reply = await bearing(token, path);
      expectProblem(gateway, reply, 'unauthenticated', { detail: 'The bearer token is not valid.' });
      expect(reply.headers['www-authenticate']).toBe(INVALID);
    }
    expect(gateway.simulator.control.requests()).toEqual([]);
  });
});

describe('Authorization', () => {
  it.each<RequestHeaders>([
    {},
    { authorization: 'Basic dXNlcjpwYXNz' },
    { 'x-api-key': 'a-key' },
    { 'x-auth-token': 'a-token' },
  ])('without a bearer token is asked for: %j', async (headers) => {
    const reply = await gateway.get(TASK, headers);
    expectProblem(gateway, reply, 'unauthenticated', { detail: 'Send your token as Authorization: Bearer.' });
    expect(reply.headers['www-authenticate']).toBe('Bearer realm="task-gateway"');
  });

  it('that comes twice is refused, even twice the same, and whatever its schemes', async () => {
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

  it('that holds two, or no token, is refused', async () => {
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

  it('is in no line of log, and its bearer stands there as a principal that is its own', async () => {
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

  it('tells whoever runs the gateway why a token was refused', async () => {
    await bearing(await good({ aud: 'billing', sub: 'mallory' }));
    const said = gateway.logs.filter((line) => line.includes('refused'));
    expect(said.at(-1)).toContain('ERR_JWT_CLAIM_VALIDATION_FAILED (aud)');
    expect(said.join('\n')).not.toMatch(/mallory|billing/);
  });
});
