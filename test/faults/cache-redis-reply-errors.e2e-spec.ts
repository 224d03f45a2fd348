import { expect } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { freePort } from '../support/redis-server.js';
import {
  CacheBench,
  IDS,
  KEPT_MS,
  PASSWORD,
  answered,
  isUp,
  addressOf,
  nameOf,
  snapshotOf,
  store,
} from './support/caches.js';
import { inside } from '../../libs/cache/src/testing/cache-internals.js';
import { taskNames } from '../../libs/cache/src/keys.js';

const { describe, it } = needing('redis-server');
const bench = CacheBench.perTest();

describe('Redis reply error', () => {
  it('OOM: reads, and writes again when there is room', async () => {
    const { url } = await bench.server({ args: ['--maxmemory-policy', 'noeviction'] });
    await bench.fill(url);
    const client = bench.admin(url);
    await client.config('SET', 'maxmemory', '1');
    let ahead = 0;
    const cache = await bench.use(url, {}, () => Date.now() + ahead);
    await expect(store(cache, 'more')).resolves.toBe(true);
    await expect(answered(cache, [...IDS, 'more'])).resolves.toEqual([...IDS, 'more']);
    expect(cache.counters().redisErrors).toBe(1);
    await client.config('SET', 'maxmemory', '0');
    // A script that went well right after a reply error may have had nothing to write.
    for (ahead of [0, 5_000]) await store(cache, 'more');
    await expect(client.dbsize()).resolves.toBe(IDS.length + 1);
    expect(bench.lines.slice(-2)).toEqual([
      'Redis refuses writes (OOM) TaskCache',
      'Redis takes writes again TaskCache',
    ]);
  });

  it('READONLY: looks for the primary and reads from the replica', async () => {
    const { url } = await bench.server();
    await bench.fill(url);
    const client = bench.admin(url);
    await client.replicaof('127.0.0.1', await freePort());
    const cache = await bench.use(url);
    await store(cache, 'more');
    await eventually(isUp(cache));
    await expect(answered(cache, [...IDS, 'more'])).resolves.toEqual([...IDS, 'more']);
    await client.replicaof('NO', 'ONE');
    await store(cache, 'more');
    await expect(client.exists(nameOf('more'))).resolves.toBe(1);
    expect(bench.lines).toContain('Redis refuses writes (READONLY) TaskCache');
  });

  it.each([
    ['NOAUTH', ''],
    ['WRONGPASS', `:not-${PASSWORD}@`],
  ])('%s: goes on without Redis, and uses it once it is let in', async (word, login) => {
    const { port } = await bench.server({ args: ['--requirepass', PASSWORD] });
    const cache = bench.start(`redis://${login}127.0.0.1:${port}`);
    const complaint = `Redis is not available (${word}): going on without it TaskCache`;
    await eventually(() => bench.lines.includes(complaint));
    await expect(answered(cache, IDS)).resolves.toEqual([]);
    expect(bench.lines.filter((line) => line.includes('not available'))).toEqual([complaint]);
    expect(cache.counters()).toMatchObject({ redisCommands: 0, redisSkipped: IDS.length });
    const client = bench.admin(`redis://:${PASSWORD}@127.0.0.1:${port}`);
    await client.config('SET', 'requirepass', login === '' ? '' : `not-${PASSWORD}`);
    await eventually(isUp(cache));
  });

  it('NOPERM on messages: logged, and Redis is used', async () => {
    const { url } = await bench.server();
    await bench.fill(url);
    await bench.admin(url).call('ACL', 'SETUSER', 'default', 'resetchannels');
    const cache = bench.start(url);
    await eventually(() => isUp(cache)() && bench.lines.includes('Redis passes no messages (NOPERM) TaskCache'));
    await expect(answered(cache, IDS)).resolves.toEqual(IDS);
    await expect(cache.purge({ kind: 'provider', provider: 'ims' })).resolves.toBe(true);
    const names = taskNames(addressOf('more'), 'alice');
    const epochs = () => ({ result: '', negative: '' });
    const question = { names, epochs, mayRead: () => true, observedSince: null };
    const turn = await inside(cache).locks.acquire(question, 0, new AbortController().signal);
    const kept = inside(cache).tasks.set(addressOf('more'), snapshotOf('more'), KEPT_MS, KEPT_MS, '');
    if (turn.kind === 'acquired') inside(cache).locks.release(turn.lock, kept?.write ?? null);
    await cache.settled();
    await expect(bench.admin(url).exists(names.result, names.lock)).resolves.toBe(1);
    expect(cache.counters().redisErrors).toBe(0);
    expect(bench.lines.join()).not.toContain('refuses writes');
    await bench.admin(url).call('ACL', 'SETUSER', 'default', 'allchannels');
    await eventually(() => bench.lines.includes('Redis passes messages again TaskCache'));
  });

  it('LOADING: asks no more until it has loaded', async () => {
    const { url, port } = await bench.server();
    await bench.fill(url);
    const { proxy, url: slow } = await bench.proxy(port);
    const cache = await bench.use(slow);
    proxy.mode = 'loading';
    await expect(answered(cache, ['task-0'])).resolves.toEqual([]);
    const { redisCommands, redisErrors, redisSkipped } = cache.counters();
    await expect(answered(cache, IDS)).resolves.toEqual([]);
    expect(redisErrors).toBeGreaterThanOrEqual(1);
    expect(cache.counters()).toMatchObject({ redisCommands, redisErrors, redisSkipped: redisSkipped + IDS.length });
    proxy.mode = 'pass';
    await eventually(isUp(cache));
    await expect(answered(cache, IDS)).resolves.toEqual(IDS);
    expect(bench.lines).toContain('Redis is not available (LOADING): going on without it TaskCache');
  });
});
