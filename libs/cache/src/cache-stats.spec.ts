import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { addressOf, connectedTo, snapshotOf } from './testing/fake-stores.js';
import { inside } from './testing/cache-internals.js';
import { FakeRedis } from '../../redis/src/testing/fake-redis.js';
import { CacheSettings } from './settings.js';
import { TaskCache } from './task-cache.js';
import { TaskStore } from './task-store.js';

const KEY = addressOf('a');
const OPTIONS = {
  partition: 'p',
  mayRead: () => true,
  observedSince: null,
  bypass: false,
  keep: true,
  waitMs: 1,
  negativeOf: () => null,
  signal: new AbortController().signal,
};
const fetched = { snapshot: snapshotOf('a'), freshMs: 60_000, keptMs: 60_000, yieldsToFinal: false };

describe('figures of a cache', () => {
  it('reads of memory: counted as hits and misses, with what is held', () => {
    const cache = new TaskCache();
    const { tasks } = inside(cache);
    tasks.getLocal(KEY);
    tasks.set(KEY, snapshotOf('a'), 60_000, 60_000, tasks.epochOf(KEY));
    tasks.getLocal(KEY);
    tasks.getLocal(KEY);
    const { size, ...stats } = cache.stats().tasks;
    expect(stats).toEqual({ entries: 1, memoryHits: 2, memoryMisses: 1, redisHits: 0, redisMisses: 0 });
    expect(size).toBeGreaterThan(500);
  });

  it('reads of Redis: counted by whether they bring something of use', async () => {
    const fake = new FakeRedis();
    const process = await connectedTo(fake);
    const store = new TaskStore(new CacheSettings(), process, process.redis, process.purges);
    await store.getRemote(KEY);
    const kept = store.set(KEY, snapshotOf('a'), 60_000, 60_000, store.epochOf(KEY));
    store.deleteLocal(KEY.key);
    fake.values.set(kept?.write?.name ?? '', kept?.write?.text ?? '');
    await store.getRemote(KEY);
    expect(store.stats()).toMatchObject({ redisHits: 1, redisMisses: 1, entries: 1 });
  });

  it('proofs: held and revoked ones are counted', () => {
    const cache = new TaskCache();
    cache.proofs.set('alice', 'scope', 60_000, cache.proofs.epochOf('alice'));
    cache.proofs.hasLocal('alice', 'scope');
    expect(cache.stats().proofs).toMatchObject({ entries: 1, size: 1, memoryHits: 1 });
    cache.proofs.revoke('alice', 'scope');
    expect([cache.proofs.revoked, cache.stats().proofs.entries]).toEqual([1, 0]);
  });

  it('fill: told to each who waits, with how it ended and who shared it', async () => {
    const cache = new TaskCache();
    const messages: object[] = [];
    const listen = (message: unknown): void => void messages.push(message as object);
    subscribe('tracing:task-gateway:cache.fill:asyncEnd', listen);
    await Promise.all([1, 2].map(() => cache.fill(KEY, OPTIONS, async () => fetched)));
    unsubscribe('tracing:task-gateway:cache.fill:asyncEnd', listen);
    expect(messages).toMatchObject([
      { provider: 'apig', region: 'eu-de', result: { kind: 'fetched', shared: false } },
      { provider: 'apig', region: 'eu-de', result: { kind: 'fetched', shared: true } },
    ]);
  });
});
