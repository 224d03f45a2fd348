import { channel } from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { startGateway } from '../support/gateway.js';
import { send } from '../support/http-client.js';
import { total } from '../support/prometheus-text.js';
import { PROJECT, REGION, taskIn } from '../support/tasks.js';
import { openStream } from '../support/stream-reader.js';
import { startOperatedGateway } from './support/operated-gateway.js';
import type { OperatedGateway } from './support/operated-gateway.js';

const IMAGE = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
const ROUTE = { route: '/tasks/:provider/:id', provider: 'ims' };
const REQUESTS = 'task_gateway_http_requests_total';
const SAVED = 'task_gateway_upstream_calls_saved_total';

let gateway: OperatedGateway;
beforeAll(async () => {
  gateway = await startOperatedGateway();
});
afterAll(() => gateway.close());

/** How much a figure grows by what is done. A request is counted when its reply is out: a moment after it is here. */
async function growth(
  figures: readonly (readonly [name: string, labels: Readonly<Record<string, string>>, by: number])[],
  work: () => Promise<unknown>,
): Promise<void> {
  const before = await gateway.scrape();
  await work();
  const grown = async (): Promise<readonly number[]> => {
    const after = await gateway.scrape();
    return figures.map(([name, labels]) => total(after, name, labels) - total(before, name, labels));
  };
  const expected = figures.map(([, , by]) => by);
  await eventually(async () => (await grown()).every((by, index) => by >= (expected[index] ?? 0)));
  expect(await grown()).toEqual(expected);
}

const post = (path: string, tasks: readonly object[]) => gateway.post(path, { tasks });

describe('figures of requests', () => {
  it('miss, hit, known version: by outcome and status, and calls saved by reason', async () => {
    await growth(
      [
        [REQUESTS, { ...ROUTE, cache: 'miss', status: '200' }, 1],
        [REQUESTS, { ...ROUTE, cache: 'hit', status: '200' }, 2],
        [REQUESTS, { ...ROUTE, cache: 'hit', status: '304' }, 1],
        ['task_gateway_http_request_duration_seconds_count', { ...ROUTE, cache: 'hit' }, 3],
        ['task_gateway_http_request_duration_seconds_bucket', { ...ROUTE, cache: 'hit', le: '+Inf' }, 3],
        [SAVED, { provider: 'ims', reason: 'hit' }, 2],
        [SAVED, { provider: 'ims', reason: 'not-modified' }, 1],
        ['task_gateway_upstream_request_duration_seconds_count', { provider: 'ims', class: 'ok' }, 1],
        ['task_gateway_upstream_request_duration_seconds_count', { provider: 'iam', class: 'ok' }, 1],
        ['task_gateway_cache_fills_total', { provider: 'ims', result: 'fetched' }, 1],
      ],
      async () => {
        const { headers } = await gateway.get(IMAGE);
        await gateway.get(IMAGE);
        await gateway.get(IMAGE);
        await gateway.get(IMAGE, { 'if-none-match': headers.etag ?? '' });
      },
    );
  });

  it('many at once: one call, the others are coalesced', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'ims' });
    gateway.simulator.control.putFault('ims', { kind: 'latency', ms: 100 });
    await growth(
      [
        [REQUESTS, { ...ROUTE, cache: 'coalesced' }, 4],
        [SAVED, { provider: 'ims', reason: 'coalesced' }, 4],
        ['task_gateway_upstream_request_duration_seconds_count', { provider: 'ims' }, 1],
      ],
      () => Promise.all(Array.from({ length: 5 }, () => gateway.get(`/tasks/ims/${id}`))),
    );
    gateway.simulator.control.clearFaults();
  });

  it('request for many: each of its tasks', async () => {
    await gateway.get(IMAGE);
    await growth(
      [
        ['task_gateway_request_items_total', { provider: 'ims', cache: 'hit' }, 1],
        ['task_gateway_request_items_total', { provider: 'none', cache: 'failed' }, 1],
        [SAVED, { provider: 'ims', reason: 'hit' }, 1],
        [REQUESTS, { route: '/tasks/batch-get', provider: 'none', status: '207', cache: 'none' }, 1],
      ],
      () =>
        post('/tasks/batch-get', [
          { provider: 'ims', id: IMAGE.slice(11) },
          { provider: 'made-up', id: 'x' },
        ]),
    );
  });

  it('those who wait together: one question for all of them', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'ims', runningMs: 60_000 });
    const path = `/tasks/ims/${id}/events`;
    const readers = await Promise.all([1, 2, 3].map(() => openStream(gateway.port, { path })));
    const present = await gateway.scrape();
    expect([total(present, 'task_gateway_streams'), total(present, 'task_gateway_watched_tasks')]).toEqual([3, 1]);
    await eventually(async () => total(await gateway.scrape(), SAVED, { reason: 'waiter' }) > 0);
    const seen = await gateway.scrape();
    const turns = total(seen, 'task_gateway_watch_turns_total', { provider: 'ims', result: 'asked' });
    expect(total(seen, SAVED, { provider: 'ims', reason: 'waiter' })).toBe(2 * turns);
    for (const reader of readers) reader.close();
    await eventually(async () => total(await gateway.scrape(), 'task_gateway_streams') === 0);
  });

  it('request that waits: while it does, and as waited when it ends', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'ims', runningMs: 60_000 });
    const path = `/tasks/ims/${id}`;
    await growth([[REQUESTS, { ...ROUTE, cache: 'waited', status: '200' }, 1]], async () => {
      const waiting = gateway.get(path, { prefer: 'wait=1' });
      await eventually(async () => total(await gateway.scrape(), 'task_gateway_waits') === 1);
      taskIn(await waiting);
    });
    expect(total(await gateway.scrape(), 'task_gateway_waits')).toBe(0);
  });

  it('caller who has gone: 499', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'ims' });
    gateway.simulator.control.putFault('ims', { kind: 'latency', ms: 60_000 });
    const gone = new AbortController();
    await growth(
      [
        [REQUESTS, { ...ROUTE, status: '499' }, 1],
        ['task_gateway_upstream_request_duration_seconds_count', { provider: 'ims', class: 'called-off' }, 1],
      ],
      async () => {
        const asking = send(gateway.port, { path: `/tasks/ims/${id}`, signal: gone.signal }).catch(() => null);
        await eventually(() => gateway.asked().some((path) => path.includes(id)));
        gone.abort();
        await asking;
      },
    );
    gateway.simulator.control.clearFaults();
  });
});

describe('figures of upstreams', () => {
  it('failures: by class, with retries, the breaker and what it refuses', async () => {
    gateway.simulator.control.putFault('evs', { kind: 'unavailable' });
    const ask = (n: number) => gateway.get(`/tasks/evs/70a599e0-31e7-49b7-b260-${String(n).padStart(12, '0')}`);
    const place = { provider: 'evs', region: 'eu-demo-1' };
    const open = async () =>
      total(await gateway.scrape(), 'task_gateway_upstream_breaker_state', { ...place, state: 'open' });
    expect(await open()).toBe(0);
    for (let n = 0; (await open()) === 0; n += 1) await ask(n);
    await ask(999);
    gateway.simulator.control.clearFaults();
    const seen = await gateway.scrape();
    const failed = { ...place, class: 'upstream-unavailable' };
    expect(total(seen, 'task_gateway_upstream_request_duration_seconds_count', failed)).toBeGreaterThan(19);
    expect(total(seen, 'task_gateway_upstream_retries_total', place)).toBeGreaterThan(0);
    expect(total(seen, 'task_gateway_upstream_refusals_total', { ...place, reason: 'breaker' })).toBeGreaterThan(0);
    expect(total(seen, 'task_gateway_upstream_breaker_state', place)).toBe(1);
  });

  it('status word that no table holds: each time that it is seen', async () => {
    const id = 'a1c2c3d4e5f60718293a4b5c6d7e8f90';
    const body = { job_id: id, status: 'RESTING', job_type: 'createImage', entities: {} };
    gateway.simulator.control.putReply({ service: 'ims', id, body });
    await growth([['task_gateway_unmapped_words_total', { provider: 'ims', kind: 'status word' }, 2]], async () => {
      for (let n = 0; n < 2; n += 1) await gateway.get(`/tasks/ims/${id}`, { 'cache-control': 'no-cache' });
    });
  });
});

it('token that the cloud has refused: its proof is void, and counted', async () => {
  const { simulator } = gateway;
  const region = { name: REGION, endpoint: '${SIMULATOR_URL}/{service}', credentials: { mode: 'passthrough' } };
  const regions = [{ ...region, projectId: PROJECT }];
  const own = await startOperatedGateway({
    simulator,
    config: { access: { mode: 'passthrough' }, regions, providers: [] },
  });
  const token = simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId: PROJECT });
  const ask = async (headers = {}) => (await own.get(IMAGE, { 'x-auth-token': token, ...headers })).status;
  const revoked = async () => total(await own.scrape(), 'task_gateway_proofs_revoked_total');
  expect([await ask(), await revoked()]).toEqual([200, 0]);
  simulator.control.revokeTokens({ as: 'expired' });
  expect([await ask({ 'cache-control': 'no-cache' }), await revoked()]).toEqual([401, 1]);
  await own.close();
});

describe('the listener', () => {
  it('scrape: the text format of Prometheus, for operators alone', async () => {
    const reply = await gateway.operate({ path: '/metrics' });
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect((await send(gateway.operatorsPort, { path: '/metrics' })).status).toBe(401);
    expect((await gateway.get('/metrics')).status).toBe(404);
    expect(reply.text).not.toContain(PROJECT);
    expect(reply.text).not.toMatch(/[0-9a-f]{32}/);
  });

  it('none configured: nobody listens, and nothing is counted', async () => {
    const name = 'tracing:task-gateway:cache.fill:asyncEnd';
    expect(channel(name).hasSubscribers).toBe(true);
    const other = await startOperatedGateway();
    await other.close();
    expect(channel(name).hasSubscribers).toBe(true);
    const plain = await startGateway();
    await plain.close();
    await gateway.close();
    expect(channel(name).hasSubscribers).toBe(false);
    gateway = await startOperatedGateway();
  });
});
