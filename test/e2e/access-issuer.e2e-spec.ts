import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { moveClocks } from '../faults/support/clock.js';
import type { MovedClock } from '../faults/support/clock.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { AUDIENCE, newKey, startIssuer } from '../support/issuer.js';
import type { Issuer } from '../support/issuer.js';
import type { Reply } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';

const CLAIMS = { regions: 'any', projects: 'any', instances: 'any', providers: 'any' };
const PATH = '/providers/ims';
const DISCOVERY = '/.well-known/openid-configuration';

let clock: MovedClock;
let issuer: Issuer;
let gateway: Gateway;
beforeEach(async () => {
  clock = moveClocks();
  issuer = await startIssuer();
});
afterEach(async () => {
  await gateway.close();
  await issuer.close();
  clock.restore();
});

async function start(jwt: object = {}): Promise<void> {
  const settings = { issuer: issuer.url, audience: AUDIENCE, claims: CLAIMS, ...jwt };
  gateway = await startGateway({ config: { access: { mode: 'jwt', jwt: settings } } });
}

const bearing = (token: string): Promise<Reply> => gateway.get(PATH, { authorization: `Bearer ${token}` });
const statusOf = async (token: string): Promise<number> => (await bearing(token)).status;

function expectUnavailable(reply: Reply): void {
  expectProblem(gateway, reply, 'upstream-unavailable', {
    detail: 'The keys that bearer tokens are checked with cannot be had at the moment.',
    retryAfterSeconds: 5,
  });
  expect(reply.headers).not.toHaveProperty('www-authenticate');
}

/** What a broken issuer may do instead of answering. */
const OUTAGES: Readonly<Record<string, (reply: ServerResponse, path: string) => void>> = {
  'hangs up': (reply) => reply.destroy(),
  'answers 500': (reply) => reply.writeHead(500).end('{}'),
  'answers in HTML': (reply) => reply.writeHead(200).end('<html></html>'),
  'answers with no keys at all': (reply) => reply.writeHead(200).end('null'),
  'answers with far too much': (reply) => {
    const keys = issuer.keys.map(({ jwk }) => jwk);
    const right = { issuer: issuer.url, jwks_uri: issuer.jwksUrl, keys, pad: 'x'.repeat(300_000) };
    reply.writeHead(200).end(JSON.stringify(right));
  },
  'sends elsewhere': (reply, path) => reply.writeHead(302, { location: `/elsewhere${path}` }).end(),
};

describe('the keys of the issuer', () => {
  it('many requests at once: found by discovery, and fetched once', async () => {
    await start();
    const token = await issuer.token();
    const replies = await Promise.all(Array.from({ length: 20 }, () => bearing(token)));
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    expect(issuer.asked).toEqual([DISCOVERY, '/keys']);
  });

  it('configured jwksUrl: fetched from there', async () => {
    await start({ jwksUrl: issuer.jwksUrl });
    expect(await statusOf(await issuer.token())).toBe(200);
    expect(issuer.asked).toEqual(['/keys']);
  });

  it('no token yet: not fetched', async () => {
    await start();
    expect((await gateway.get(PATH)).status).toBe(401);
    expect((await gateway.get(PATH, { authorization: 'Bearer not-a-token' })).status).toBe(401);
    expect(issuer.asked).toEqual([]);
  });

  it.each([
    ['another issuer', () => ({ issuer: 'https://evil.example.com', jwks_uri: issuer.jwksUrl })],
    ['keys over plain HTTP on another host', () => ({ issuer: issuer.url, jwks_uri: 'http://keys.example.com/' })],
    ['keys that are no URL', () => ({ issuer: issuer.url, jwks_uri: '/keys' })],
    ['no keys', () => ({ issuer: issuer.url })],
  ])('discovery document with %s: not taken', async (_, document) => {
    await start();
    issuer.answer = (reply) => reply.writeHead(200).end(JSON.stringify(document()));
    expectUnavailable(await bearing(await issuer.token()));
    expect(issuer.asked).toEqual([DISCOVERY]);
  });

  it('not to be had: every operation that needs them answers 503', async () => {
    await start();
    issuer.answer = (reply) => reply.destroy();
    const headers = { authorization: `Bearer ${await issuer.token()}` };
    for (const path of [
      '/providers',
      '/providers/ims',
      ...['', '/artifact', '/events'].map((end) => `/tasks/ims/x${end}`),
    ])
      expectUnavailable(await gateway.get(path, headers));
    for (const path of ['/tasks/batch-get', '/tasks/events'])
      expectUnavailable(await gateway.post(path, { tasks: [{ provider: 'ims', id: 'x' }] }, headers));
  });
});

describe('an issuer that rotates its keys', () => {
  it('new key: accepted at once, and the old one no longer', async () => {
    await start();
    const old = await issuer.token();
    const unseen = await issuer.token({ claims: { sub: 'bob' } });
    expect(await statusOf(old)).toBe(200);
    issuer.keys = [await newKey('second')];
    expect(await statusOf(await issuer.token())).toBe(200);
    expect(issuer.asked).toEqual([DISCOVERY, '/keys', DISCOVERY, '/keys']);
    expect(await statusOf(unseen)).toBe(401);
    // A token that was good is remembered for five minutes, and judged anew then.
    clock.advance(200_000);
    expect(await statusOf(old)).toBe(200);
    clock.advance(101_000);
    expect(await statusOf(old)).toBe(401);
  });

  it('many tokens with the new key at once: all accepted', async () => {
    await start();
    expect(await statusOf(await issuer.token())).toBe(200);
    issuer.keys = [await newKey('second')];
    const subjects = Array.from({ length: 20 }, (_, index) => `subject-${index}`);
    const tokens = await Promise.all(subjects.map((sub) => issuer.token({ claims: { sub } })));
    const statuses = await Promise.all(tokens.map(statusOf));
    expect(statuses).toEqual(statuses.map(() => 200));
    expect(issuer.asked).toHaveLength(4);
  });

  it('made-up keys: not fetched for each', async () => {
    await start();
    const known = await issuer.token();
    expect(await statusOf(known)).toBe(200);
    const stranger = await newKey('stranger');
    for (const sub of ['a', 'b', 'c'])
      expect(await statusOf(await issuer.token({ key: { ...stranger, kid: sub }, claims: { sub } }))).toBe(401);
    expect(issuer.asked).toHaveLength(4);
    clock.advance(31_000);
    issuer.keys = [await newKey('second')];
    expect(await statusOf(await issuer.token())).toBe(200);
    expect(issuer.asked).toHaveLength(6);
  });

  it('key withdrawn, no new one seen: refused within ten minutes', async () => {
    await start();
    const lasting = { exp: Math.floor(Date.now() / 1000) + 7200 };
    expect(await statusOf(await issuer.token())).toBe(200);
    const [early, late] = await Promise.all(['bob', 'eve'].map((sub) => issuer.token({ claims: { ...lasting, sub } })));
    issuer.keys = [await newKey('second')];
    clock.advance(500_000);
    expect(await statusOf(early ?? '')).toBe(200);
    clock.advance(101_000);
    expect(await statusOf(late ?? '')).toBe(401);
  });
});

describe('a token that was accepted', () => {
  it('asked with again: not verified anew, and refused once it has expired', async () => {
    await start();
    const token = await issuer.token({ claims: { exp: Math.floor(Date.now() / 1000) + 600 } });
    expect(await statusOf(token)).toBe(200);
    clock.advance(200_000);
    expect(await statusOf(token)).toBe(200);
    // Five seconds are let pass for clocks that differ.
    clock.advance(406_000);
    expect(await statusOf(token)).toBe(401);
  });
});

describe.each(Object.entries(OUTAGES))('an issuer that %s', (_, outage) => {
  it('from the start: 503, and accepted once it answers', async () => {
    await start();
    issuer.answer = outage;
    const token = await issuer.token();
    expectUnavailable(await bearing(token));
    expect(issuer.asked.filter((path) => path.startsWith('/elsewhere'))).toEqual([]);
    const asked = issuer.asked.length;
    expectUnavailable(await bearing(token));
    expect(issuer.asked).toHaveLength(asked);
    issuer.answer = null;
    clock.advance(5001);
    expect(await statusOf(token)).toBe(200);
    expect(gateway.logs.filter((line) => line.includes('The keys of the token issuer cannot be had'))).toHaveLength(1);
  });

  it('later: tokens with known keys are still accepted', async () => {
    await start();
    expect(await statusOf(await issuer.token())).toBe(200);
    issuer.answer = outage;
    expect(await statusOf(await issuer.token({ claims: { sub: 'bob' } }))).toBe(200);
    clock.advance(24 * 3_600_000);
    const later = await issuer.token();
    expect(await statusOf(later)).toBe(200);
    // Of a key that may be new nothing can be said.
    const next = await newKey('second');
    const unknown = await issuer.token({ key: next });
    expectUnavailable(await bearing(unknown));
    issuer.answer = null;
    issuer.keys = [next];
    clock.advance(5001);
    expect(await statusOf(unknown)).toBe(200);
  });
});

describe('an issuer that never ends its answer', () => {
  it('any request: 503 once its time is over', async () => {
    await start();
    issuer.answer = (reply) => void reply.writeHead(200).write('{');
    expectUnavailable(await bearing(await issuer.token()));
  }, 20_000);
});
