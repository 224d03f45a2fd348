import { afterEach, expect, jest } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { startRedisProxy } from '../support/redis-proxy.js';
import type { RedisProxy } from '../support/redis-proxy.js';
import { freePort, startRedis } from '../support/redis-server.js';
import type { RedisServer, RedisServerOptions } from '../support/redis-server.js';
import { COUNT, NAMES, RedisBench, readAll } from './support/redis-stores.js';

const { describe, it } = needing('redis-server');
jest.setTimeout(60_000);
const bench = new RedisBench();
afterEach(() => bench.clean());

async function server(options: RedisServerOptions = {}): Promise<RedisServer> {
  const started = await startRedis(options);
  bench.defer(started.stop);
  return started;
}

async function proxyTo(port: number): Promise<RedisProxy> {
  const proxy = await startRedisProxy(port);
  bench.defer(proxy.stop);
  return proxy;
}

const at = (port: number, rest = '') => ({ kind: 'standalone', url: `redis://127.0.0.1:${port}${rest}` }) as const;
const RIGHT = NAMES.map((name) => `of ${name}`);
const fill = async ({ set }: { readonly set: (name: string, text: string) => Promise<void> }): Promise<void> => {
  for (const name of NAMES) await set(name, `of ${name}`);
};

describe('a Redis server that is away', () => {
  it('started later: used', async () => {
    const port = await freePort();
    const { store, reports, received, set } = bench.open(at(port));
    await eventually(() => reports.length > 0);
    await set('tg:{a}', '1');
    await expect(store.run(COUNT, ['tg:{a}'], [])).resolves.toBeUndefined();
    expect(store.counts).toEqual({ redisCommands: 0, redisErrors: 0, redisSkipped: 2 });
    await server({ port });
    await eventually(() => store.up && received.length > 0);
    await set('tg:{a}', '1');
    await expect(store.run(COUNT, ['tg:{a}'], [])).resolves.toBe(1);
    expect([reports, received]).toEqual([['down: ECONNREFUSED', 'up'], ['reset']]);
  });

  it('with a name that does not exist: down, and reads find nothing', async () => {
    const { store, reports } = bench.open({ kind: 'standalone', url: 'redis://:hunter2@redis.invalid' });
    await eventually(() => reports.length > 0);
    expect(reports).toEqual([expect.stringMatching(/^down: (?:ENOTFOUND|EAI_AGAIN)$/)]);
    await expect(store.get('tg:{a}')).resolves.toBeNull();
  });

  it('killed under use: used again, empty', async () => {
    const { port, kill } = await server();
    const watched = await bench.use(at(port));
    const { store, reports, received, keepFirst } = watched;
    await fill(watched);
    await expect(keepFirst('tg:{z}', '1')).resolves.toEqual(['kept', '1']);
    const reads = readAll(watched);
    await kill();
    for (const [index, text] of (await reads).entries()) expect([null, RIGHT[index]]).toContain(text);
    await eventually(() => !store.up);
    const { redisCommands } = store.counts;
    await expect(readAll(watched)).resolves.toEqual(NAMES.map(() => null));
    expect(store.counts.redisCommands).toBe(redisCommands);
    await server({ port });
    await eventually(() => store.up && received.filter((message) => message === 'reset').length === 2);
    await expect(readAll(watched)).resolves.toEqual(NAMES.map(() => null));
    // It has forgotten its scripts, too.
    await expect(keepFirst('tg:{z}', '2')).resolves.toEqual(['kept', '2']);
    await eventually(() => received.includes('2'));
    expect(reports).toEqual(['up', expect.stringMatching(/^down: (?:connection lost|ECONNRESET)$/), 'up']);
  });

  it('closed while it is looked for: given up', async () => {
    const { store, reports } = bench.open(at(await freePort()));
    await store.close();
    expect(reports).toEqual([]);
  });
});

describe('a Redis server that is slow', () => {
  it('late reply: not taken for that of another command', async () => {
    const { port } = await server();
    const proxy = await proxyTo(port);
    const watched = await bench.use(at(proxy.port));
    await fill(watched);
    for (const [round, name] of NAMES.slice(0, 3).entries()) {
      proxy.mode = 'hold';
      await expect(watched.store.get(name)).resolves.toBeNull();
      proxy.mode = 'pass';
      await eventually(() => watched.store.up);
      await expect(watched.store.get(NAMES[round + 3] ?? '')).resolves.toBe(RIGHT[round + 3]);
    }
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    expect(watched.store.counts.redisErrors).toBe(3);
  });

  it('silent for a while: subscribed again, and reported', async () => {
    const { port } = await server();
    const proxy = await proxyTo(port);
    const { keepFirst } = await bench.use(at(port));
    const { store, received } = await bench.use(at(proxy.port));
    const connections = proxy.connections();
    proxy.mode = 'hold';
    await keepFirst('tg:{a}', 'missed');
    // Nobody asks anything: it is the subscription that notices.
    await eventually(() => proxy.connections() > connections);
    proxy.mode = 'pass';
    await eventually(() => received.length === 2);
    await keepFirst('tg:{b}', 'heard');
    await eventually(() => received.includes('heard'));
    expect(received).toEqual(['reset', 'reset', 'heard']);
    expect(store.up).toBe(true);
  });
});

describe('Redis reply error', () => {
  it('OOM, also within scripts: reads go on', async () => {
    const { port, url } = await server({ args: ['--maxmemory-policy', 'noeviction'] });
    const watched = await bench.use(at(port));
    const { store, reports, set, keepFirst } = watched;
    await fill(watched);
    const admin = bench.admin(url);
    await admin.config('SET', 'maxmemory', '1');
    await expect(keepFirst('tg:{new}', '1')).resolves.toBeUndefined();
    await set('tg:{new}', '1');
    await expect(keepFirst('tg:{a}', '1')).resolves.toEqual(['found', 'of tg:{a}']);
    await expect(store.run(COUNT, ['tg:{a}'], [])).resolves.toBe(1);
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    expect(reports).toEqual(['up', 'writes: OOM']);
    await admin.config('SET', 'maxmemory', '0');
    await set('tg:{new}', '1');
    expect(reports).toEqual(['up', 'writes: OOM', 'writes: null']);
    expect(store.counts.redisErrors).toBe(2);
  });

  it.each(['set', 'script'])('READONLY to a %s: looked for again, and read', async (how) => {
    const { port, url } = await server();
    const watched = await bench.use(at(port));
    const { store, reports, set, keepFirst } = watched;
    await fill(watched);
    const admin = bench.admin(url);
    await admin.replicaof('127.0.0.1', await freePort());
    const write = (): Promise<unknown> => (how === 'set' ? set('tg:{new}', '1') : keepFirst('tg:{new}', '1'));
    await write();
    await eventually(() => reports.length === 4);
    expect(reports).toEqual(['up', 'writes: READONLY', 'down: connection lost', 'up']);
    await write();
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    await admin.replicaof('NO', 'ONE');
    await set('tg:{new}', '1');
    expect(reports.slice(4)).toEqual(['writes: null']);
    expect(store.counts.redisErrors).toBe(2);
  });

  it('MISCONF, as it cannot save: reads go on', async () => {
    const { port, url } = await server();
    const watched = await bench.use(at(port));
    await fill(watched);
    const admin = bench.admin(url);
    const [, folder = ''] = await admin.config('GET', 'dir');
    await rm(folder, { recursive: true });
    await admin.config('SET', 'save', '900 1');
    await admin.bgsave();
    await eventually(async () => (await admin.info('persistence')).includes('rdb_last_bgsave_status:err'));
    await expect(watched.keepFirst('tg:{new}', '1')).resolves.toBeUndefined();
    await watched.set('tg:{new}', '1');
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    expect(watched.reports).toEqual(['up', 'writes: MISCONF']);
  });

  it('NOREPLICAS: reads go on', async () => {
    const { port, url } = await server();
    const watched = await bench.use(at(port));
    await fill(watched);
    await bench.admin(url).config('SET', 'min-replicas-to-write', '1');
    await expect(watched.keepFirst('tg:{new}', '1')).resolves.toBeUndefined();
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    expect(watched.reports).toEqual(['up', 'writes: NOREPLICAS']);
  });

  it('MASTERDOWN: asked no more until it serves', async () => {
    const { port, url } = await server({ args: ['--replica-serve-stale-data', 'no'] });
    const watched = await bench.use(at(port));
    await fill(watched);
    const admin = bench.admin(url);
    await admin.replicaof('127.0.0.1', await freePort());
    await expect(watched.store.get('tg:{a}')).resolves.toBeNull();
    expect(watched.reports).toEqual(['up', 'down: MASTERDOWN']);
    await admin.replicaof('NO', 'ONE');
    await eventually(() => watched.store.up);
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
  });

  it('LOADING: asked no more until it has loaded', async () => {
    const { port } = await server();
    const proxy = await proxyTo(port);
    const watched = await bench.use(at(proxy.port));
    await fill(watched);
    proxy.mode = 'loading';
    await expect(watched.store.get('tg:{a}')).resolves.toBeNull();
    const { redisCommands, redisErrors } = watched.store.counts;
    await expect(readAll(watched)).resolves.toEqual(NAMES.map(() => null));
    expect(watched.store.counts).toEqual({ redisCommands, redisErrors, redisSkipped: NAMES.length });
    proxy.mode = 'pass';
    await eventually(() => watched.store.up);
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    expect(watched.reports).toEqual(['up', 'down: LOADING', 'up']);
  });

  it('NOAUTH: used once it wants no login', async () => {
    const { port } = await server({ args: ['--requirepass', 'hunter2'] });
    const { reports, store } = bench.open(at(port));
    await eventually(() => reports.length === 2);
    expect(reports.toSorted()).toEqual(['down: NOAUTH', 'messages: NOAUTH']);
    await bench.admin(`redis://:hunter2@127.0.0.1:${port}`).config('SET', 'requirepass', '');
    await eventually(() => store.up && reports.includes('messages: null'));
  });

  it('database that cannot be selected: not used with another one', async () => {
    const { port, url } = await server();
    const { reports, set } = bench.open(at(port, '/99'));
    await eventually(() => reports.length === 2);
    expect(reports.toSorted()).toEqual(['down: ERR', 'messages: ERR']);
    await set('tg:{a}', '1');
    await expect(bench.admin(url).dbsize()).resolves.toBe(0);
  });

  it('script that fails: used as before', async () => {
    const { port, url } = await server();
    const { store, reports, keepFirst } = await bench.use(at(port));
    await bench.admin(url).lpush('tg:{a}', '1');
    await expect(keepFirst('tg:{a}', '1')).resolves.toBeUndefined();
    await expect(store.run({ name: 'broken', lua: 'return nil + 1' }, ['tg:{a}'], [])).resolves.toBeUndefined();
    await expect(keepFirst('tg:{b}', '1')).resolves.toEqual(['kept', '1']);
    expect(reports).toEqual(['up']);
  });
});
