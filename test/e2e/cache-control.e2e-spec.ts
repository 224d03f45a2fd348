import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { expectProblem } from '../support/problems.js';
import { lookedAtAgain, taskIn } from '../support/tasks.js';
import { aHit, howFound, newTask } from './support/image-tasks.js';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.control.clearRequests());
afterEach(() => {
  jest.restoreAllMocks();
});

describe("the request's Cache-Control", () => {
  it.each(['no-cache', 'NO-CACHE', 'max-age=0', 'max-age=60, no-cache', 'private,no-cache'])(
    '%s: asks again, and replaces what is stored',
    async (directive) => {
      const { path } = newTask(gateway);
      const first = taskIn(await gateway.get(path));
      const again = await gateway.get(path, { 'cache-control': directive });
      expect(again.body).toEqual(lookedAtAgain(first));
      expect(again.headers['cache-status']).toBe('task-gateway; fwd=request; stored');
      const cached = taskIn(await gateway.get(path));
      expect(cached).toEqual({ ...taskIn(again), source: 'cache' });
      expect(gateway.asked()).toHaveLength(2);
    },
  );

  it('no-store: asks again, and stores nothing', async () => {
    const { path } = newTask(gateway);
    for (let look = 0; look < 2; look += 1) {
      const reply = await gateway.get(path, { 'cache-control': 'no-store' });
      expect(howFound(reply)).toEqual(['succeeded', 'live', 'task-gateway; fwd=request']);
    }
    expect(howFound(await gateway.get(path))).toEqual(['succeeded', 'live', 'task-gateway; fwd=uri-miss; stored']);
  });

  it('max-age: bounds the age of the answer', async () => {
    const { path } = newTask(gateway);
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
    '%s: changes nothing',
    async (field) => {
      const { path } = newTask(gateway);
      await gateway.get(path);
      expect(howFound(await gateway.get(path, { 'cache-control': field }))).toEqual(['succeeded', 'cache', aHit()]);
    },
  );

  it('only-if-cached: never asks', async () => {
    const { path } = newTask(gateway);
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

  it('only-if-cached with no-cache: 504', async () => {
    const path = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
    await gateway.get(path);
    const reply = await gateway.get(path, { 'cache-control': 'only-if-cached, no-cache' });
    expect(reply.status).toBe(504);
  });

  it('only-if-cached, entry older than max-age: 504', async () => {
    const { path } = newTask(gateway);
    const { observedAt } = taskIn(await gateway.get(path));
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(observedAt) + 100_000);
    const reply = await gateway.get(path, { 'cache-control': 'only-if-cached, max-age=99' });
    expect(reply.status).toBe(504);
    expect(gateway.asked()).toHaveLength(1);
  });
});

describe('Cache-Control of every task', () => {
  it('live or stored: private, no-cache', async () => {
    const { path } = newTask(gateway);
    for (const source of ['live', 'cache']) {
      const reply = await gateway.get(path);
      expect([taskIn(reply).source, reply.headers['cache-control']]).toEqual([source, 'private, no-cache']);
      expect(reply.headers.vary).toBe('X-Auth-Token, Prefer');
    }
  });
});
