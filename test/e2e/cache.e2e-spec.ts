import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { taskIn } from '../support/tasks.js';
import { aHit, howFound, newTask } from './support/image-tasks.js';

const DAY_SECONDS = 86_400;
const SECOND_PROJECT = '5f3a8e0d7c1b4e6f9a2d4c8b1e7f6a35';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.control.clearRequests());
afterEach(() => {
  jest.restoreAllMocks();
});

describe('a final answer', () => {
  it('asked for again: from the cache', async () => {
    const { path } = newTask(gateway);
    const first = await gateway.get(path);
    expect(howFound(first)).toEqual(['succeeded', 'live', 'task-gateway; fwd=uri-miss; stored']);
    expect(first.headers.age).toBeUndefined();
    for (let reader = 0; reader < 3; reader += 1) {
      const again = await gateway.get(path);
      expect(again.body).toEqual({ ...taskIn(first), source: 'cache' });
      expect(again.headers.age).toMatch(/^\d+$/);
    }
    expect(gateway.asked()).toHaveLength(1);
  });

  it.each(['SUCCESS', 'FAIL'])('%s: stored for a day, less jitter', async (word) => {
    const { path } = newTask(gateway, word);
    await gateway.get(path);
    const { headers } = await gateway.get(path);
    const ttl = Number(/^task-gateway; hit; ttl=(\d+)$/.exec(String(headers['cache-status']))?.[1]);
    expect(ttl).toBeGreaterThan(DAY_SECONDS * 0.9 - 60);
    expect(ttl).toBeLessThanOrEqual(DAY_SECONDS);
  });

  it('from the cache: says how old it is', async () => {
    const { path } = newTask(gateway);
    const { observedAt } = taskIn(await gateway.get(path));
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(observedAt) + 100_900);
    expect((await gateway.get(path)).headers.age).toBe('100');
  });

  it('other views, and the scope spelled out: the same entry', async () => {
    const { path } = newTask(gateway);
    const { links } = taskIn(await gateway.get(`${path}?view=basic`));
    expect(howFound(await gateway.get(path))).toEqual(['succeeded', 'cache', aHit()]);
    expect(howFound(await gateway.get(links.self))).toEqual(['succeeded', 'cache', aHit()]);
    expect(gateway.asked()).toHaveLength(1);
  });

  it('same id in another project: another entry', async () => {
    const { path } = newTask(gateway);
    await gateway.get(path);
    const other = await gateway.get(`${path}?projectId=${SECOND_PROJECT}`);
    expect(howFound(other)).toEqual(['succeeded', 'live', 'task-gateway; fwd=uri-miss; stored']);
    expect(taskIn(other).scope.projectId).toBe(SECOND_PROJECT);
  });

  it('task that runs again: stays, also with no-cache', async () => {
    const { path, becomes } = newTask(gateway);
    await gateway.get(path);
    becomes('RUNNING');
    const truth = await gateway.get(path, { 'cache-control': 'no-cache' });
    expect(howFound(truth)).toEqual(['succeeded', 'cache', 'task-gateway; fwd=request; detail=done-before']);
    expect(howFound(await gateway.get(path))).toEqual(['succeeded', 'cache', aHit()]);
  });

  it('later final answer: replaces it', async () => {
    const { path, becomes } = newTask(gateway);
    await gateway.get(path);
    becomes('FAIL');
    const truth = await gateway.get(path, { 'cache-control': 'no-cache' });
    expect(howFound(truth)).toEqual(['failed', 'live', 'task-gateway; fwd=request; stored']);
    expect(howFound(await gateway.get(path))).toEqual(['failed', 'cache', aHit()]);
  });

  it('upstream down: served', async () => {
    const { path } = newTask(gateway);
    const first = taskIn(await gateway.get(path));
    gateway.simulator.control.putFault('ims', { kind: 'error', status: 403, body: {} });
    const reply = await gateway.get(path);
    gateway.simulator.control.clearFaults();
    expect(reply.body).toEqual({ ...first, source: 'cache' });
  });
});

describe('an unfinished answer', () => {
  it.each(['INIT', 'RUNNING', 'a new word'])('%s: stored for a moment, and never for good', async (word) => {
    const { path } = newTask(gateway, word);
    const first = await gateway.get(path);
    expect(first.headers['cache-status']).toBe('task-gateway; fwd=uri-miss; stored');
    const { observedAt } = taskIn(first);
    const again = await gateway.get(path);
    expect(again.body).toEqual({ ...taskIn(first), source: 'cache' });
    expect(again.headers['retry-after']).toBe(first.headers['retry-after']);
    expect(gateway.asked()).toHaveLength(1);
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(observedAt) + 2_000);
    const later = await gateway.get(path);
    expect(later.headers['cache-status']).toBe('task-gateway; fwd=uri-miss; stored');
    expect(gateway.asked()).toHaveLength(2);
  });

  it('final answer: replaces it', async () => {
    const { path, becomes } = newTask(gateway, 'RUNNING');
    const { observedAt } = taskIn(await gateway.get(path));
    becomes('SUCCESS');
    expect(taskIn(await gateway.get(path)).done).toBe(false);
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(observedAt) + 2_000);
    expect(howFound(await gateway.get(path))).toEqual(['succeeded', 'live', 'task-gateway; fwd=uri-miss; stored']);
    expect(howFound(await gateway.get(path))).toEqual(['succeeded', 'cache', aHit()]);
  });
});

describe('a negative entry', () => {
  const path = '/tasks/apig/00000000000000000000000000000000';

  it('asked for again within seconds: the same problem', async () => {
    const first = await gateway.get(path);
    const again = await gateway.get(path);
    for (const reply of [first, again]) {
      expect(reply.status).toBe(404);
      expect(reply.headers).not.toHaveProperty('cache-status');
      expect(reply.headers).not.toHaveProperty('etag');
    }
    const { instance, requestId } = again.body as { instance: string; requestId: string };
    expect({ ...(first.body as object), instance, requestId }).toEqual(again.body);
    expect(gateway.asked()).toHaveLength(1);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 5_001);
    await gateway.get(path);
    expect(gateway.asked()).toHaveLength(2);
  });

  it('no-cache: the upstream is asked', async () => {
    await gateway.get(path, { 'cache-control': 'no-cache' });
    await gateway.get(path, { 'cache-control': 'no-cache' });
    expect(gateway.asked()).toHaveLength(2);
  });

  it('answer of the upstream: deletes it', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'ims', visibleAfterMs: 60_000, runningMs: 600_000 });
    const path404 = `/tasks/ims/${id}`;
    expect((await gateway.get(path404)).status).toBe(404);
    gateway.simulator.control.advanceClock({ advanceMs: 60_000 });
    const seen = taskIn(await gateway.get(path404, { 'cache-control': 'no-cache' }));
    gateway.simulator.control.advanceClock({ advanceMs: -60_000 });
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(seen.observedAt) + 2_000);
    // The service hides it again, and says so: that it was hidden before says nothing.
    gateway.simulator.control.clearRequests();
    expect((await gateway.get(path404)).status).toBe(404);
    expect(gateway.asked()).toHaveLength(1);
  });

  it('task that may not be visible yet: none', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'rds', visibleAfterMs: 10_000 });
    const hidden = `/tasks/rds/${id}`;
    expect((await gateway.get(hidden)).status).toBe(404);
    gateway.simulator.control.advanceClock({ advanceMs: 10_000 });
    expect(taskIn(await gateway.get(hidden)).status).toBe('succeeded');
    gateway.simulator.control.advanceClock({ advanceMs: -10_000 });
  });

  it('no-store: none', async () => {
    const other = '/tasks/apig/00000000000000000000000000000001';
    await gateway.get(other, { 'cache-control': 'no-store' });
    await gateway.get(other);
    expect(gateway.asked()).toHaveLength(2);
  });

  it.each([500, 503, 429])('failure of the upstream (%s): none', async (status) => {
    const { path: failing } = newTask(gateway);
    gateway.simulator.control.putFault('ims', { kind: 'error', status, body: {} });
    const failed = await gateway.get(failing);
    gateway.simulator.control.clearFaults();
    expect(failed.status).toBeGreaterThanOrEqual(500);
    expect((await gateway.get(failing)).status).toBe(200);
  });
});
