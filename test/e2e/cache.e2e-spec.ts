import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import type { Reply } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';
import { lookedAtAgain, taskIn } from '../support/tasks.js';

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

/** A new task of the image service in the state that a word says. */
function newTask(word = 'SUCCESS'): { readonly path: string; readonly becomes: (word: string) => void } {
  const { id } = gateway.simulator.control.createTask({ service: 'ims' });
  const becomes = (status: string): void =>
    gateway.simulator.control.putReply({ service: 'ims', id, body: { job_id: id, status, entities: {} } });
  becomes(word);
  return { path: `/tasks/ims/${id}`, becomes };
}

function howFound(reply: Reply): readonly unknown[] {
  const { status, source } = taskIn(reply);
  return [status, source, reply.headers['cache-status']];
}

const aHit = (): unknown => expect.stringMatching(/^task-gateway; hit; ttl=\d+$/);

describe('a final answer', () => {
  it('is asked for once, then remembered', async () => {
    const { path } = newTask();
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

  it.each(['SUCCESS', 'FAIL'])('%s is kept for a day, less a little that differs', async (word) => {
    const { path } = newTask(word);
    await gateway.get(path);
    const { headers } = await gateway.get(path);
    const ttl = Number(/^task-gateway; hit; ttl=(\d+)$/.exec(String(headers['cache-status']))?.[1]);
    expect(ttl).toBeGreaterThan(DAY_SECONDS * 0.9 - 60);
    expect(ttl).toBeLessThanOrEqual(DAY_SECONDS);
  });

  it('says how old it is', async () => {
    const { path } = newTask();
    const { observedAt } = taskIn(await gateway.get(path));
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(observedAt) + 100_900);
    expect((await gateway.get(path)).headers.age).toBe('100');
  });

  it('is shared by its views, and by readers who spell the scope out', async () => {
    const { path } = newTask();
    const { links } = taskIn(await gateway.get(`${path}?view=basic`));
    expect(howFound(await gateway.get(path))).toEqual(['succeeded', 'cache', aHit()]);
    expect(howFound(await gateway.get(links.self))).toEqual(['succeeded', 'cache', aHit()]);
    expect(gateway.asked()).toHaveLength(1);
  });

  it('is not shared with the same id in another project', async () => {
    const { path } = newTask();
    await gateway.get(path);
    const other = await gateway.get(`${path}?projectId=${SECOND_PROJECT}`);
    expect(howFound(other)).toEqual(['succeeded', 'live', 'task-gateway; fwd=uri-miss; stored']);
    expect(taskIn(other).scope.projectId).toBe(SECOND_PROJECT);
  });

  it('stays when the task runs again, also for who says no-cache', async () => {
    const { path, becomes } = newTask();
    await gateway.get(path);
    becomes('RUNNING');
    const truth = await gateway.get(path, { 'cache-control': 'no-cache' });
    expect(howFound(truth)).toEqual(['succeeded', 'cache', 'task-gateway; fwd=request; detail=done-before']);
    expect(howFound(await gateway.get(path))).toEqual(['succeeded', 'cache', aHit()]);
  });

  it('is replaced by a later final answer', async () => {
    const { path, becomes } = newTask();
    await gateway.get(path);
    becomes('FAIL');
    const truth = await gateway.get(path, { 'cache-control': 'no-cache' });
    expect(howFound(truth)).toEqual(['failed', 'live', 'task-gateway; fwd=request; stored']);
    expect(howFound(await gateway.get(path))).toEqual(['failed', 'cache', aHit()]);
  });

  it('is served while the upstream is down', async () => {
    const { path } = newTask();
    const first = taskIn(await gateway.get(path));
    gateway.simulator.control.putFault('ims', { kind: 'error', status: 403, body: {} });
    const reply = await gateway.get(path);
    gateway.simulator.control.clearFaults();
    expect(reply.body).toEqual({ ...first, source: 'cache' });
  });
});

describe('an unfinished answer', () => {
  it.each(['INIT', 'RUNNING', 'a new word'])('%s is kept for a moment, and never for good', async (word) => {
    const { path } = newTask(word);
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

  it('gives way to the final one', async () => {
    const { path, becomes } = newTask('RUNNING');
    const { observedAt } = taskIn(await gateway.get(path));
    becomes('SUCCESS');
    expect(taskIn(await gateway.get(path)).done).toBe(false);
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(observedAt) + 2_000);
    expect(howFound(await gateway.get(path))).toEqual(['succeeded', 'live', 'task-gateway; fwd=uri-miss; stored']);
    expect(howFound(await gateway.get(path))).toEqual(['succeeded', 'cache', aHit()]);
  });
});

describe('a refusal', () => {
  const path = '/tasks/apig/00000000000000000000000000000000';

  it('is remembered for seconds, and says the same', async () => {
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

  it('is not believed by who says no-cache', async () => {
    await gateway.get(path, { 'cache-control': 'no-cache' });
    await gateway.get(path, { 'cache-control': 'no-cache' });
    expect(gateway.asked()).toHaveLength(2);
  });

  it('is forgotten once the upstream has answered', async () => {
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

  it('is not kept of a task that may not be visible yet', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'rds', visibleAfterMs: 10_000 });
    const hidden = `/tasks/rds/${id}`;
    expect((await gateway.get(hidden)).status).toBe(404);
    gateway.simulator.control.advanceClock({ advanceMs: 10_000 });
    expect(taskIn(await gateway.get(hidden)).status).toBe('succeeded');
    gateway.simulator.control.advanceClock({ advanceMs: -10_000 });
  });

  it('is not kept of a question that keeps nothing', async () => {
    const other = '/tasks/apig/00000000000000000000000000000001';
    await gateway.get(other, { 'cache-control': 'no-store' });
    await gateway.get(other);
    expect(gateway.asked()).toHaveLength(2);
  });

  it.each([500, 503, 429])('is not what a failure is (%s)', async (status) => {
    const { path: failing } = newTask();
    gateway.simulator.control.putFault('ims', { kind: 'error', status, body: {} });
    const failed = await gateway.get(failing);
    gateway.simulator.control.clearFaults();
    expect(failed.status).toBeGreaterThanOrEqual(500);
    expect((await gateway.get(failing)).status).toBe(200);
  });
});

describe("the request's Cache-Control", () => {
  it.each(['no-cache', 'NO-CACHE', 'max-age=0', 'max-age=60, no-cache', 'private,no-cache'])(
    '%s asks again and refreshes what is remembered',
    async (directive) => {
      const { path } = newTask();
      const first = taskIn(await gateway.get(path));
      const again = await gateway.get(path, { 'cache-control': directive });
      expect(again.body).toEqual(lookedAtAgain(first));
      expect(again.headers['cache-status']).toBe('task-gateway; fwd=request; stored');
      const cached = taskIn(await gateway.get(path));
      expect(cached).toEqual({ ...taskIn(again), source: 'cache' });
      expect(gateway.asked()).toHaveLength(2);
    },
  );

  it('no-store asks again and keeps nothing', async () => {
    const { path } = newTask();
    for (let look = 0; look < 2; look += 1) {
      const reply = await gateway.get(path, { 'cache-control': 'no-store' });
      expect(howFound(reply)).toEqual(['succeeded', 'live', 'task-gateway; fwd=request']);
    }
    expect(howFound(await gateway.get(path))).toEqual(['succeeded', 'live', 'task-gateway; fwd=uri-miss; stored']);
  });

  it('max-age bounds the age of the answer', async () => {
    const { path } = newTask();
    const { observedAt } = taskIn(await gateway.get(path));
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(observedAt) + 100_000);
    expect(howFound(await gateway.get(path, { 'cache-control': 'max-age=100' }))).toEqual([
      'succeeded',
      'cache',
      aHit(),
    ]);
    const tooOld = await gateway.get(path, { 'cache-control': 'max-age=99' });
    expect(howFound(tooOld)).toEqual(['succeeded', 'live', 'task-gateway; fwd=request; stored']);
    expect(gateway.asked()).toHaveLength(2);
  });

  it.each(['public', 'max-age=garbage', 'max-age=-1', 'max-stale=5', '"no-cache"', ',,='])(
    '%s changes nothing',
    async (field) => {
      const { path } = newTask();
      await gateway.get(path);
      expect(howFound(await gateway.get(path, { 'cache-control': field }))).toEqual(['succeeded', 'cache', aHit()]);
    },
  );

  it('only-if-cached never asks', async () => {
    const { path } = newTask();
    const miss = await gateway.get(path, { 'cache-control': 'only-if-cached' });
    expectProblem(gateway, miss, 'not-in-cache', {
      provider: 'ims',
      detail: 'No answer about this task is stored that you may be shown.',
    });
    expect(gateway.asked()).toEqual([]);
    await gateway.get(path);
    const hit = await gateway.get(path, { 'cache-control': 'only-if-cached' });
    expect(howFound(hit)).toEqual(['succeeded', 'cache', aHit()]);
    expect(gateway.asked()).toHaveLength(1);
  });

  it('only-if-cached with no-cache asks for what cannot be', async () => {
    const path = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
    await gateway.get(path);
    const reply = await gateway.get(path, { 'cache-control': 'only-if-cached, no-cache' });
    expect(reply.status).toBe(504);
  });

  it('only-if-cached is a miss when what is stored is too old for the reader', async () => {
    const { path } = newTask();
    const { observedAt } = taskIn(await gateway.get(path));
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(observedAt) + 100_000);
    const reply = await gateway.get(path, { 'cache-control': 'only-if-cached, max-age=99' });
    expect(reply.status).toBe(504);
    expect(gateway.asked()).toHaveLength(1);
  });
});

describe('headers of every task', () => {
  it('may be kept by the reader only, who has to ask again', async () => {
    const { path } = newTask();
    for (const source of ['live', 'cache']) {
      const reply = await gateway.get(path);
      expect([taskIn(reply).source, reply.headers['cache-control']]).toEqual([source, 'private, no-cache']);
      expect(reply.headers.vary).toBe('X-Auth-Token');
    }
  });
});
