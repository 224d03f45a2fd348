import { expect } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { CacheBench, IDS, answered, isUp, addressOf, store } from './support/caches.js';
import { needing } from '../support/needing.js';
import { inside } from '../../libs/cache/src/testing/cache-internals.js';
import { taskNames } from '../../libs/cache/src/keys.js';

const { describe, it } = needing('redis-server');
const bench = CacheBench.perTest();
const NO_ANSWER = 'Redis is not available (no answer in time): going on without it TaskCache';

describe('with a Redis that does not answer', () => {
  it('frozen: reads under way are lost, no more are sent, and it is right when it goes on', async () => {
    const server = await bench.server();
    await bench.fill(server.url);
    const cache = await bench.use(server.url);
    server.freeze();
    await expect(answered(cache, IDS.slice(0, 25))).resolves.toEqual([]);
    const failed = cache.counters();
    expect(failed.redisErrors).toBeGreaterThanOrEqual(25);
    await expect(answered(cache, IDS)).resolves.toEqual([]);
    await expect(store(cache, 'task-0')).resolves.toBe(true);
    cache.proofs.set('alice', addressOf('task-0').scope, 60_000, '');
    await expect(cache.proofs.has('bob', addressOf('task-0').scope)).resolves.toBe(false);
    await expect(cache.purge({ kind: 'task', address: addressOf('task-1') })).resolves.toBe(false);
    const { redisCommands, redisErrors } = cache.counters();
    expect([redisCommands, redisErrors]).toEqual([failed.redisCommands, failed.redisErrors]);
    // Fifty reads, two writes, a proof that is read, the purge, word of it, and what it deletes.
    expect(cache.counters().redisSkipped - failed.redisSkipped).toBe(56);
    expect(cache.health()).toEqual({ redis: 'down' });
    server.thaw();
    await eventually(isUp(cache));
    const others = IDS.slice(2);
    await expect(answered(cache, others)).resolves.toEqual(others);
    expect(cache.counters()).toMatchObject({ mismatches: 0, redisErrors });
    expect(bench.lines).toContain(NO_ANSWER);
  });

  it('frozen: written to in vain, and read once it goes on', async () => {
    const server = await bench.server();
    const cache = await bench.use(server.url);
    server.freeze();
    await Promise.all(IDS.map((id) => store(cache, id)));
    await expect(answered(cache, IDS)).resolves.toEqual(IDS);
    expect(cache.health()).toEqual({ redis: 'down' });
    server.thaw();
    await eventually(isUp(cache));
  });

  it('frozen: everybody asks the upstream, nobody waits', async () => {
    const server = await bench.server();
    const [one, other] = [await bench.use(server.url), await bench.use(server.url)];
    const { signal } = new AbortController();
    const question = {
      names: taskNames(addressOf('task-0'), 'alice'),
      epochs: () => ({ result: '', negative: '' }),
      mayRead: () => true,
      observedSince: null,
    };
    const first = await inside(one).locks.acquire(question, 60_000, signal);
    expect(first).toMatchObject({ kind: 'acquired', lock: { name: question.names.lock } });
    const waiting = inside(other).locks.acquire(question, 60_000, signal);
    server.freeze();
    await expect(waiting).resolves.toMatchObject({ kind: 'acquired', lock: null });
    await expect(inside(other).locks.acquire(question, 60_000, signal)).resolves.toMatchObject({
      kind: 'acquired',
      lock: null,
    });
    if (first.kind === 'acquired') inside(one).locks.release(first.lock, null);
    await one.settled();
    server.thaw();
  });

  it('frozen, or silent: can be closed', async () => {
    const server = await bench.server();
    const cache = await bench.use(server.url);
    server.freeze();
    const stored = store(cache, 'task-0');
    await cache.close();
    await stored;
    const late = bench.start(server.url);
    await eventually(() => bench.lines.includes(NO_ANSWER));
    await late.close();
    server.thaw();
  });

  it('late reply: not taken for that of another command', async () => {
    const { url, port } = await bench.server();
    await bench.fill(url);
    const { proxy, url: slow } = await bench.proxy(port);
    const cache = await bench.use(slow);
    for (let round = 0; round < 3; round += 1) {
      proxy.mode = 'hold';
      await expect(answered(cache, [`task-${round}`])).resolves.toEqual([]);
      proxy.mode = 'pass';
      await eventually(isUp(cache));
      await expect(answered(cache, [`task-${10 + round}`])).resolves.toEqual([`task-${10 + round}`]);
    }
    await expect(answered(cache, IDS)).resolves.toEqual(IDS);
    expect(cache.counters()).toMatchObject({ mismatches: 0 });
    expect(cache.counters().redisErrors).toBeGreaterThanOrEqual(3);
  });
});
