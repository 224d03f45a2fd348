import { expect } from '@jest/globals';
import { Seal } from '../../libs/cache/src/envelope.js';
import { PURGES_NAME } from '../../libs/cache/src/keys.js';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { PATIENCE, freePort } from '../support/redis-server.js';
import {
  CacheBench,
  IDS,
  KEPT_MS,
  PASSWORD,
  SECRET,
  answered,
  isUp,
  addressOf,
  nameOf,
  read,
  snapshotOf,
  store,
} from './support/caches.js';
import { inside } from '../../libs/cache/src/testing/cache-internals.js';

const { describe, it } = needing('redis-server');
const bench = CacheBench.perTest();

describe('with a Redis that works', () => {
  it('two gateways: share answers', async () => {
    const { url } = await bench.server();
    await bench.fill(url);
    const reader = await bench.use(url);
    await expect(answered(reader, IDS)).resolves.toEqual(IDS);
    const { redisCommands } = reader.counters();
    await expect(answered(reader, IDS)).resolves.toEqual(IDS);
    await expect(answered(reader, ['other'])).resolves.toEqual([]);
    // Those again came from memory; besides them it looks twice a second at what was purged.
    expect(reader.counters().redisCommands - redisCommands).toBeLessThan(IDS.length);
    expect(reader.counters()).toMatchObject({ mismatches: 0, redisErrors: 0, redisSkipped: 0 });
  });

  it('keys: tell nothing, and expire, not together', async () => {
    const { url } = await bench.server();
    await bench.fill(url);
    const client = bench.admin(url);
    const ttls = await Promise.all(IDS.map((id) => client.pttl(nameOf(id))));
    expect(Math.min(...ttls)).toBeGreaterThan(0);
    expect(Math.max(...ttls)).toBeLessThanOrEqual(KEPT_MS);
    expect(Math.max(...ttls) - Math.min(...ttls)).toBeGreaterThan(KEPT_MS / 60);
    const cache = await bench.use(url);
    const key = addressOf('task-0');
    cache.proofs.set('alice', key.scope, 60_000, cache.proofs.epochOf('alice'));
    const problem = { slug: 'task-not-found', detail: 'none' };
    const epoch = inside(cache).negatives.epochOf(key, 'alice');
    inside(cache).locks.release(null, inside(cache).negatives.set(key, 'alice', problem, 5_000, 0, epoch));
    await cache.purge({ kind: 'principal', principal: 'bob' });
    await cache.settled();
    const names = await client.keys('*');
    expect(names).toHaveLength(IDS.length + 3);
    for (const name of names) {
      expect(name).toMatch(/^tg:v6:(\{purges\}:[\w-]{8}|(proof:)?\{[\w-]{43}\}(:negative:alice)?)$/);
      expect(await client.pttl(name)).toBeGreaterThan(0);
    }
  });

  it('login, database and prefix: used', async () => {
    const { port } = await bench.server({ args: ['--requirepass', PASSWORD] });
    const url = `redis://:${PASSWORD}@127.0.0.1:${port}/3`;
    const cache = await bench.use(url, { redis: { kind: 'standalone', url, keyPrefix: 'gw:', ...PATIENCE } });
    await store(cache, 'task-0');
    await cache.purge({ kind: 'provider', provider: 'ims' });
    const names = await bench.admin(url).keys('*');
    expect(names.sort()).toEqual([`gw:${new Seal(SECRET, 'gw:').own(PURGES_NAME)}`, `gw:${nameOf('task-0')}`].sort());
    expect(bench.lines).toEqual(['Redis is in use TaskCache']);
  });

  it('entry that is not what its name says: deleted', async () => {
    const { url } = await bench.server();
    const client = bench.admin(url);
    await bench.fill(url, ['task-1', 'task-2']);
    const [name, anothers] = [nameOf('task-1'), (await client.get(nameOf('task-2'))) ?? ''];
    const own = (await client.get(name)) ?? '';
    expect(own).toMatch(/"v":\d/);
    const cache = await bench.use(url);
    const plants = ['', '\u0000\u00ff', own.slice(0, -1), own.replace(/"v":\d/, '"v":0'), anothers];
    for (const [index, planted] of plants.entries()) {
      await client.set(name, planted);
      await expect(answered(cache, ['task-1'])).resolves.toEqual([]);
      await cache.settled();
      await expect(client.exists(name)).resolves.toBe(0);
      expect(cache.counters().mismatches).toBe(index + 1);
    }
    await client.hset(name, 'a', 'b');
    await expect(answered(cache, ['task-1'])).resolves.toEqual([]);
    await cache.settled();
    await expect(client.exists(name)).resolves.toBe(0);
    expect(cache.counters().mismatches).toBe(plants.length + 1);
    await client.set(name, own);
    await expect(answered(cache, ['task-1'])).resolves.toEqual(['task-1']);
  });

  it('files: shared, unless too large to be sent', async () => {
    const { url } = await bench.server();
    const [one, other] = [await bench.use(url), await bench.use(url)];
    const artifact = { fileName: 'f.yaml', mediaType: 'text/plain', content: 'ü\r\n\n'.repeat(1_000) };
    await store(one, 'task-0', { artifact });
    await expect(read(other, 'task-0')).resolves.toMatchObject({ ...snapshotOf('task-0'), artifact });
    await expect(store(one, 'task-1', { body: 'x'.repeat(9 * 1024 * 1024) })).resolves.toBe(true);
    await expect(read(other, 'task-1')).resolves.toBeNull();
    await expect(read(one, 'task-1')).resolves.not.toBeNull();
  });

  it('close: leaves no connection behind', async () => {
    const { url } = await bench.server();
    const cache = await bench.use(url);
    await store(cache, 'task-0');
    await cache.close();
    const client = bench.admin(url);
    await expect(client.dbsize()).resolves.toBe(1);
    await eventually(async () => /^[^\n]+\n$/.test(String(await client.client('LIST'))));
  });
});

describe('with a Redis that is not there', () => {
  it('start: remembers in memory, and uses it once it comes', async () => {
    const port = await freePort();
    const cache = bench.start(`redis://:${PASSWORD}@127.0.0.1:${port}`);
    await eventually(() => bench.lines.length > 0);
    await store(cache, 'task-0');
    await expect(answered(cache, ['task-0', 'task-1'])).resolves.toEqual(['task-0']);
    expect(cache.counters()).toMatchObject({ redisCommands: 0, redisSkipped: 2 });
    const { url } = await bench.server({ port, args: ['--requirepass', PASSWORD] });
    await eventually(isUp(cache));
    await bench.fill(url.replace('//', `//:${PASSWORD}@`), ['task-1']);
    await expect(answered(cache, ['task-1'])).resolves.toEqual(['task-1']);
    expect(bench.lines.slice(0, 2)).toEqual([
      'Redis is not available (ECONNREFUSED): going on without it TaskCache',
      'Redis is in use TaskCache',
    ]);
  });

  it('killed under use: goes on, and uses the next one', async () => {
    const { url, port, kill } = await bench.server();
    await bench.fill(url);
    const cache = await bench.use(url);
    const reads = answered(cache, IDS.slice(0, 25));
    await kill();
    await reads;
    await eventually(() => !isUp(cache)());
    const { redisCommands } = cache.counters();
    await expect(answered(cache, IDS.slice(25))).resolves.toEqual([]);
    expect(cache.counters()).toMatchObject({ redisCommands });
    await bench.server({ port });
    await eventually(isUp(cache));
    await bench.fill(url);
    await expect(answered(cache, IDS)).resolves.toEqual(IDS);
  });

  it('close while it connects: ends', async () => {
    const cache = bench.start(`redis://127.0.0.1:${await freePort()}`);
    await cache.close();
    const other = bench.start(`redis://127.0.0.1:${await freePort()}`);
    await eventually(() => bench.lines.length > 0);
    await other.close();
  });
});
