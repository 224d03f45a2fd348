import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { send } from '../support/http-client.js';
import type { Reply } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';
import { openStream } from '../support/stream-reader.js';

const APP = 'https://app.example.com';
const LOCAL = 'http://localhost:5173';
const TASK = '/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2';
const STRANGERS = [
  'https://evil.example.com',
  'https://app.example.com.evil.com',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://sub.app.example.com',
  'HTTPS://APP.EXAMPLE.COM',
  'null',
];
/** Every header of the contract. Cache-Control and Content-Type are open to every page anyway. */
const EXPOSED = [
  'etag',
  'vary',
  'retry-after',
  'age',
  'cache-status',
  'x-request-id',
  'traceparent',
  'www-authenticate',
  'preference-applied',
  'ratelimit',
  'ratelimit-policy',
];

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ config: { server: { corsOrigins: [APP, LOCAL] } } });
});
afterAll(() => gateway.close());

const READERS: readonly Readonly<Record<string, string>>[] = [
  {},
  { origin: APP },
  { origin: 'https://evil.example.com' },
];

/** A preflight is no documented operation: it is not held against the document. */
function preflight(path: string, origin: string, method = 'GET', more = {}): Promise<Reply> {
  const headers = {
    ...more,
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': 'x-auth-token, if-none-match, prefer, last-event-id',
  };
  return send(gateway.port, { method: 'OPTIONS', path, headers });
}

const listed = (field: unknown): readonly string[] =>
  String(field)
    .toLowerCase()
    .split(/\s*,\s*/);

describe('a page of a configured origin', () => {
  it.each([APP, LOCAL])('%s: may read answers and all their headers', async (origin) => {
    for (const path of [TASK, '/providers', '/tasks/nowhere/x', '/nowhere']) {
      const { headers } = await gateway.get(path, { origin });
      expect(headers['access-control-allow-origin']).toBe(origin);
      expect(listed(headers['access-control-expose-headers'])).toEqual(expect.arrayContaining(EXPOSED));
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  it.each([
    [TASK, 'GET'],
    ['/tasks/batch-get', 'POST'],
  ])('preflight for %s: may send headers of its own', async (path, method) => {
    const reply = await preflight(path, APP, method);
    expect(reply.status).toBe(204);
    expect(reply.text).toBe('');
    expect(reply.headers['access-control-allow-origin']).toBe(APP);
    expect(listed(reply.headers['access-control-allow-methods'])).toContain(method.toLowerCase());
    expect(listed(reply.headers['access-control-allow-headers'])).toEqual([
      'x-auth-token',
      'if-none-match',
      'prefer',
      'last-event-id',
    ]);
    expect(reply.headers['access-control-max-age']).toBe('600');
    expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(['text/plain', 'application/json', 'nonsense'])(
    'preflight that announces a body of %s: answered',
    async (type) => {
      for (const origin of [APP, STRANGERS[0]]) {
        const { status, text } = await preflight(TASK, String(origin), 'GET', { 'content-type': type });
        expect([status, text]).toEqual([204, '']);
      }
    },
  );

  it.each([
    ['one task', { path: `${TASK}/events` }],
    ['several tasks', { method: 'POST', path: '/tasks/events', body: '{"tasks":[{"provider":"apig","id":"x"}]}' }],
  ])('stream of %s: may read it, and all its headers', async (_, asked) => {
    const reader = await openStream(gateway.port, {
      ...asked,
      headers: { origin: APP, 'content-type': 'application/json' },
    });
    expect([reader.status, reader.headers['access-control-allow-origin']]).toEqual([200, APP]);
    expect(listed(reader.headers['access-control-expose-headers'])).toEqual(expect.arrayContaining(EXPOSED));
    expect(listed(reader.headers.vary)).toEqual(expect.arrayContaining(['origin', 'x-auth-token']));
    expect(await reader.ended).toBe(true);
  });

  it('If-None-Match: may read the 304', async () => {
    const { etag = '' } = (await gateway.get(TASK)).headers;
    const reply = await gateway.get(TASK, { origin: APP, 'if-none-match': etag });
    expect(reply.status).toBe(304);
    expect(reply.headers['access-control-allow-origin']).toBe(APP);
  });
});

describe('a page of any other origin', () => {
  it.each(STRANGERS)('%s: may read nothing', async (origin) => {
    for (const reply of [await gateway.get(TASK, { origin }), await preflight(TASK, origin)])
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('stored answer of one that may: not shared', async () => {
    for (const headers of READERS) {
      const reply = await gateway.get(TASK, headers);
      expect(listed(reply.headers.vary).toSorted()).toEqual(['origin', 'prefer', 'x-auth-token']);
    }
  });
});

describe('OPTIONS', () => {
  it.each(READERS)('no preflight (%j): a method like any other', async (headers) => {
    const reply = await gateway.ask({ method: 'OPTIONS', path: TASK, headers });
    expectProblem(gateway, reply, 'method-not-allowed', { detail: 'Only GET, HEAD can be used here.' });
    expect(reply.headers.allow).toBe('GET, HEAD');
  });
});

describe('without configured origins', () => {
  it('any page: may read nothing', async () => {
    const closed = await startGateway({ simulator: gateway.simulator });
    const reply = await closed.get(TASK, { origin: APP });
    const asked = await closed.ask({
      method: 'OPTIONS',
      path: TASK,
      headers: { origin: APP, 'access-control-request-method': 'GET' },
    });
    await closed.close();
    for (const { headers } of [reply, asked])
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(asked.status).toBe(405);
  });
});

describe('in a demo, a page of this machine', () => {
  let demo: Gateway;
  beforeAll(async () => {
    demo = await startGateway({ config: { server: { corsLocalhost: true } } });
  });
  afterAll(() => demo.close());

  const allowed = async (origin: string): Promise<unknown> =>
    (await demo.get(TASK, { origin })).headers['access-control-allow-origin'];

  it.each(['http://localhost:5173', 'http://localhost', 'https://127.0.0.1:8443', 'http://[::1]:4200'])(
    '%s: may read answers, also stored ones',
    async (origin) => {
      for (let look = 0; look < 3; look += 1) expect(await allowed(origin)).toBe(origin);
    },
  );

  it.each([
    ...STRANGERS,
    'http://localhost.evil.example.com',
    'http://localhost:5173.evil.example.com',
    'http://local',
  ])('%s: not one of them', async (origin) => {
    expect(await allowed(origin)).toBeUndefined();
  });
});
