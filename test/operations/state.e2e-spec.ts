import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OPENAPI } from '../support/openapi.js';
import { PROJECT } from '../support/tasks.js';
import { openStream } from '../support/stream-reader.js';
import { startOperatedGateway } from './support/operated-gateway.js';
import type { OperatedGateway } from './support/operated-gateway.js';

const BREAKER = '/admin/breakers/ims/eu-demo-1';
const IMAGE = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';

let gateway: OperatedGateway;
beforeAll(async () => {
  gateway = await startOperatedGateway();
});
afterAll(() => gateway.close());

const put = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  gateway.operate({
    method: 'PUT',
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

interface State {
  readonly upstreams: readonly { readonly provider: string; readonly region: string; readonly breaker: string }[];
  readonly [member: string]: unknown;
}
const state = async (): Promise<State> => (await gateway.operate({ path: '/admin/state' })).body as State;
const breaker = async (): Promise<unknown> =>
  (await state()).upstreams.find(({ provider, region }) => provider === 'ims' && region === 'eu-demo-1');

describe('GET /version', () => {
  it("both listeners: name, version of the contract, commit of the build, Node's version", async () => {
    const build = { name: 'task-gateway', version: OPENAPI.info.version, commit: null, node: process.versions.node };
    expect((await gateway.get('/version')).body).toEqual(build);
    const reply = await gateway.operate({ path: '/version' });
    expect([reply.status, reply.body]).toEqual([200, build]);
  });
});

describe('GET /admin/state', () => {
  it('what goes on: breakers, queues, limits, caches, waits and streams', async () => {
    await gateway.get(IMAGE);
    const { id } = gateway.simulator.control.createTask({ service: 'ims', runningMs: 60_000 });
    const reader = await openStream(gateway.port, { path: `/tasks/ims/${id}/events` });
    const reply = await gateway.operate({ path: '/admin/state' });
    reader.close();
    expect([reply.status, reply.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(reply.body).toMatchObject({
      build: { name: 'task-gateway' },
      draining: false,
      redis: 'not-configured',
      cache: { tasks: { entries: 2 }, proofs: { entries: 0 } },
      waits: { open: 0, limit: 10_000 },
      streams: { open: 1, limit: 10_000 },
      watchedTasks: 1,
      unmappedWords: [],
    });
    expect(await breaker()).toEqual({
      provider: 'ims',
      region: 'eu-demo-1',
      breaker: 'closed',
      control: 'auto',
      retryAfterSeconds: null,
      inFlight: 0,
      queued: 0,
      limit: expect.any(Number),
      refusedByBreaker: 0,
      refusedByQueue: 0,
      retries: 0,
    });
  });

  it('no secrets, addresses, and ids of tasks and projects', async () => {
    const { text } = await gateway.operate({ path: '/admin/state' });
    for (const hidden of [PROJECT, IMAGE.slice(11), 'operator-token', '127.0.0.1', 'http:', 'password'])
      expect(text).not.toContain(hidden);
  });

  it('query: refused', async () => {
    expect((await gateway.operate({ path: '/admin/state?x=1' })).status).toBe(400);
  });
});

describe('PUT /admin/breakers/{provider}/{region}', () => {
  it('open: nothing is sent, and callers read why; auto: it is asked again', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'ims' });
    const before = gateway.logs.length;
    const reply = await put(BREAKER, { state: 'open' });
    expect([reply.status, reply.body]).toMatchObject([200, { breaker: 'open', control: 'open' }]);
    const asked = gateway.asked().length;
    const refused = await gateway.get(`/tasks/ims/${id}`);
    expect([refused.status, refused.body]).toMatchObject([
      503,
      { code: 'UPSTREAM_UNAVAILABLE', detail: 'An operator has stopped requests to the upstream.' },
    ]);
    expect(gateway.asked().length).toBe(asked);
    expect((await gateway.get('/readyz')).body).toMatchObject({ degraded: true });
    expect((await put(BREAKER, { state: 'auto' })).body).toMatchObject({ breaker: 'closed', control: 'auto' });
    expect((await gateway.get(`/tasks/ims/${id}`)).status).toBe(200);
    const audited = gateway.logs.slice(before).map((line) => JSON.parse(line) as { readonly audit?: string });
    expect(audited.filter(({ audit }) => audit === 'breaker')).toEqual([
      expect.objectContaining({ provider: 'ims', region: 'eu-demo-1', state: 'open' }),
      expect.objectContaining({ provider: 'ims', region: 'eu-demo-1', state: 'auto' }),
    ]);
  });

  it('identity service: has one, too', async () => {
    expect((await put('/admin/breakers/iam/eu-demo-1', { state: 'closed' })).status).toBe(200);
    expect((await put('/admin/breakers/iam/eu-demo-1', { state: 'auto' })).status).toBe(200);
  });

  it.each<[string, unknown, number]>([
    ['no object', [], 400],
    ['null', 'null', 400],
    ['no JSON', '{', 400],
    ['nothing', '', 400],
    ['no state', {}, 400],
    ['a state that there is not', { state: 'half-open' }, 400],
    ['a list of states', { state: ['open'] }, 400],
    ['another member', { state: 'open', forSeconds: 5 }, 400],
    ['too much', { state: 'x'.repeat(70_000) }, 413],
  ])('body that is %s: refused, and nothing changes', async (_, body, status) => {
    const reply = await put(BREAKER, body);
    expect([reply.status, reply.headers['content-type']]).toEqual([status, 'application/problem+json']);
    expect(await breaker()).toMatchObject({ control: 'auto' });
  });

  it('media type that is no JSON: 415', async () => {
    expect((await put(BREAKER, 'state=open', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(
      415,
    );
  });

  it('query: refused', async () => {
    expect((await put(`${BREAKER}?for=5`, { state: 'open' })).status).toBe(400);
    expect(await breaker()).toMatchObject({ control: 'auto' });
  });

  it.each([
    ['/admin/breakers/imss/eu-demo-1', 'PROVIDER_NOT_FOUND'],
    ['/admin/breakers/ims/nowhere', 'SCOPE_NOT_FOUND'],
    ['/admin/breakers/ims/__proto__', 'SCOPE_NOT_FOUND'],
    // A region of another cloud.
    ['/admin/breakers/hetzner/eu-demo-1', 'SCOPE_NOT_FOUND'],
  ])('%s: 404 %s', async (path, code) => {
    expect(await put(path, { state: 'open' })).toMatchObject({ status: 404, body: { code } });
  });

  it.each([
    ['/admin/state', 'GET, HEAD', 'PUT'],
    ['/metrics', 'GET, HEAD', 'POST'],
    ['/version', 'GET, HEAD', 'DELETE'],
    [BREAKER, 'PUT', 'GET'],
  ])('%s by another method: 405, which names %s', async (path, allow, method) => {
    const reply = await gateway.operate({ method, path });
    expect([reply.status, reply.headers.allow]).toEqual([405, allow]);
  });

  it("callers' listener: has none of it", async () => {
    for (const path of ['/admin/state', BREAKER, '/metrics']) expect((await gateway.get(path)).status).toBe(404);
  });

  it('another credential, or none: 401', async () => {
    for (const authorization of ['', 'Bearer wrong'])
      expect((await put(BREAKER, { state: 'open' }, { authorization })).status).toBe(401);
    expect(await breaker()).toMatchObject({ control: 'auto' });
  });
});
