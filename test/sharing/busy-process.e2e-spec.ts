import { afterAll, beforeAll, expect } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { COUNT, NAMES, RedisBench } from '../faults/support/redis-stores.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';

const { describe, it } = needing('redis-server');
const SECRET = 'a secret of the tests, long enough';
const SCOPE = 'any scope';
/** Milliseconds: longer than any command may take. */
const BUSY_MS = 600;

let redis: RedisServer;
const caches: TaskCache[] = [];
const bench = new RedisBench();
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await bench.clean();
  for (const cache of caches) await cache.close();
  await redis.stop();
});

async function newCache(): Promise<TaskCache> {
  const cache = new TaskCache({ redis: { kind: 'standalone', url: redis.url }, secret: SECRET });
  caches.push(cache);
  cache.onModuleInit();
  await eventually(() => cache.health().redis === 'up');
  return cache;
}

/** What a thousand requests at once do to the one thread of a process. */
function work(): void {
  const until = performance.now() + BUSY_MS;
  while (performance.now() < until);
}

describe('event loop blocked for a while: not taken for a Redis that does not answer', () => {
  it('read', async () => {
    const [writer, reader] = [await newCache(), await newCache()];
    writer.proofs.set('principal', SCOPE, 60_000, '');
    await writer.settled();
    const found = reader.proofs.has('principal', SCOPE);
    work();
    expect(await found).toBe(true);
    expect([reader.health(), reader.counters().redisErrors]).toEqual([{ redis: 'up' }, 0]);
  });

  it('script, which leaves only afterwards', async () => {
    const { store, reports } = await bench.use({ kind: 'standalone', url: redis.url, commandMs: BUSY_MS - 100 });
    redis.freeze();
    const count = store.run(COUNT, NAMES.slice(0, 1), []);
    work();
    // By then its timer has fired.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    redis.thaw();
    expect(await count).toBe(0);
    expect(reports).toEqual(['up']);
  });
});
