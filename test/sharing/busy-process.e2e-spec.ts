import { afterAll, beforeAll, expect } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';

const { it } = needing('redis-server');
const SECRET = 'a secret of the tests, long enough';
const SCOPE = 'any scope';
/** Milliseconds: longer than any command may take. */
const BUSY_MS = 400;

let redis: RedisServer;
const caches: TaskCache[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
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

it('event loop blocked for a while: not taken for a Redis that does not answer', async () => {
  const [writer, reader] = [await newCache(), await newCache()];
  writer.proofs.set('principal', SCOPE, 60_000, '');
  await writer.settled();
  const found = reader.proofs.has('principal', SCOPE);
  work();
  expect(await found).toBe(true);
  expect([reader.health(), reader.counters().redisErrors]).toEqual([{ redis: 'up' }, 0]);
});
