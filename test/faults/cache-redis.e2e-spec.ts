import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { SHARED_PARTITION, TaskCache } from '@gateway/cache';
import type { CacheSettings, TaskKey, TaskPayload } from '@gateway/cache';
import { settleTask } from '@gateway/tasks';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { freePort, startRedis } from '../support/redis-server.js';
import type { RedisServer, RedisServerOptions } from '../support/redis-server.js';

const OBSERVED = '2026-11-21T10:01:02.003Z';
const PASSWORD = 'hunter2-p4ssw0rd';
const IDS = Array.from({ length: 50 }, (_, index) => `task-${index}`);

const keyOf = (id: string): TaskKey => ({
  partition: SHARED_PARTITION,
  provider: 'apig',
  region: 'eu-de',
  projectId: 'p',
  instanceId: null,
  id,
});
const payloadOf = (id: string): TaskPayload => ({
  task: settleTask({ id, status: 'succeeded', upstreamStatus: 'SUCCESS', result: { of: id } }),
  artifact: null,
  version: `v-${id}`,
});

jest.setTimeout(60_000);

const cleanups: (() => unknown)[] = [];
const lines: string[] = [];

beforeEach(() => {
  lines.length = 0;
  const keep = (...words: unknown[]): void => void lines.push(words.map(String).join(' '));
  Logger.overrideLogger({ log: keep, warn: keep, error: keep, debug: keep, verbose: keep, fatal: keep });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  expect(lines.join('\n')).not.toMatch(/hunter2|127\.0\.0\.1|redis:|task-\d|tg:v/);
});

afterAll(() => {
  Logger.overrideLogger(new ConsoleLogger());
});

async function redisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  cleanups.push(server.stop);
  return server;
}

function admin(url: string): Redis {
  const client = new Redis(url);
  client.on('error', () => undefined);
  cleanups.push(() => {
    client.disconnect();
  });
  return client;
}

/** A gateway's cache, already trying to reach this Redis. */
function cacheAt(url: string, settings: Partial<CacheSettings> = {}): TaskCache {
  const cache = new TaskCache({ redis: { kind: 'standalone', url }, ...settings });
  cleanups.push(() => cache.close());
  cache.onModuleInit();
  return cache;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const isUp = (cache: TaskCache) => (): boolean => cache.health().redis === 'up';

async function usable(url: string, settings: Partial<CacheSettings> = {}): Promise<TaskCache> {
  const cache = cacheAt(url, settings);
  await until(isUp(cache));
  return cache;
}

/** Stored by another gateway, so that the one under test finds them in Redis only. */
async function fill(url: string, ids: readonly string[] = IDS): Promise<void> {
  const writer = await usable(url);
  for (const id of ids) expect(writer.set(keyOf(id), payloadOf(id), OBSERVED, 60)).toBe(true);
  await writer.settled();
  expect(writer.counters().redisErrors).toBe(0);
}

/** The ids that are answered, after a check that nobody gets another's answer. */
async function answered(cache: TaskCache, ids: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(ids.map((id) => cache.get(keyOf(id))));
  return ids.filter((id, index) => {
    const answer = found[index] ?? null;
    if (answer !== null) expect(answer).toMatchObject({ payload: payloadOf(id), observedAt: OBSERVED });
    return answer !== null;
  });
}

interface Proxy {
  readonly url: string;
  /** `hold` keeps answers back until the mode changes; `loading` answers reads like a server that is starting. */
  mode: 'pass' | 'hold' | 'loading';
}

/** Stands between the cache and its Redis, and is as slow as it is told. */
async function proxyTo(port: number): Promise<Proxy> {
  const held: (() => void)[] = [];
  let mode: Proxy['mode'] = 'pass';
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
    }
    client.on('data', (data) => {
      const reads = mode === 'loading' ? (data.toString().match(/\r\nget\r\n/g) ?? []).length : 0;
      if (reads === 0) upstream.write(data);
      client.write('-LOADING Redis is loading the dataset in memory\r\n'.repeat(reads));
    });
    upstream.on('data', (data) => {
      const answer = (): void => void (client.writable && client.write(data));
      if (mode === 'hold') held.push(answer);
      else answer();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get mode() {
      return mode;
    },
    set mode(next) {
      mode = next;
      if (mode !== 'hold') for (const answer of held.splice(0)) answer();
    },
  };
}

describe('with a Redis that works', () => {
  it('shares answers between gateways, under names that tell nothing and that all expire', async () => {
    const { url } = await redisServer();
    await fill(url);
    const reader = await usable(url);
    await expect(answered(reader, IDS)).resolves.toEqual(IDS);
    await expect(answered(reader, [...IDS, 'other'])).resolves.toEqual(IDS);
    expect(reader.counters()).toEqual({
      hits: 100,
      misses: 1,
      mismatches: 0,
      redisCommands: 51,
      redisErrors: 0,
      redisSkipped: 0,
    });
    const client = admin(url);
    const names = await client.keys('*');
    expect(names).toHaveLength(IDS.length);
    for (const name of names) {
      expect(name).toMatch(/^tg:v1:\{[\w-]{43}\}$/);
      const ttl = await client.pttl(name);
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(60_000);
    }
  });

  it('logs in, selects the database and prefixes its keys', async () => {
    const { port } = await redisServer({ args: ['--requirepass', PASSWORD] });
    const url = `redis://:${PASSWORD}@127.0.0.1:${port}/3`;
    const cache = await usable(url, { redis: { kind: 'standalone', url, keyPrefix: 'gw:' } });
    cache.set(keyOf('task-0'), payloadOf('task-0'), OBSERVED, 60);
    await cache.settled();
    const names = await admin(url).keys('*');
    expect(names).toEqual([expect.stringMatching(/^gw:tg:v1:\{/)]);
    expect(lines).toEqual(['Redis is in use TaskCache']);
  });

  it('deletes what is not what its name says', async () => {
    const { url } = await redisServer();
    const client = admin(url);
    await fill(url, ['task-1']);
    const [name = ''] = await client.keys('*');
    const own = (await client.get(name)) ?? '';
    await client.flushall();
    await fill(url, ['task-2']);
    const anothers = (await client.get((await client.keys('*'))[0] ?? '')) ?? '';
    const cache = await usable(url);
    const plants = ['', '\u0000\u00ff', own.slice(0, -1), own.replace('"v":1', '"v":0'), anothers];
    for (const planted of plants) {
      await client.set(name, planted);
      await expect(answered(cache, ['task-1'])).resolves.toEqual([]);
      await cache.settled();
      await expect(client.exists(name)).resolves.toBe(0);
    }
    await client.hset(name, 'a', 'b');
    await expect(answered(cache, ['task-1'])).resolves.toEqual([]);
    await cache.settled();
    await expect(client.exists(name)).resolves.toBe(0);
    expect(cache.counters().mismatches).toBe(plants.length + 1);
    await client.set(name, own);
    await expect(answered(cache, ['task-1'])).resolves.toEqual(['task-1']);
  });

  it('leaves no connection behind', async () => {
    const { url } = await redisServer();
    const cache = await usable(url);
    cache.set(keyOf('task-0'), payloadOf('task-0'), OBSERVED, 60);
    await cache.close();
    const client = admin(url);
    await expect(client.dbsize()).resolves.toBe(1);
    await expect(client.client('LIST')).resolves.toMatch(/^[^\n]+\n$/);
  });
});

describe('with a Redis that is not there', () => {
  it('starts without it, remembers in memory, and uses it once it comes', async () => {
    const port = await freePort();
    const cache = cacheAt(`redis://:${PASSWORD}@127.0.0.1:${port}`);
    await until(() => lines.length > 0);
    cache.set(keyOf('task-0'), payloadOf('task-0'), OBSERVED, 60);
    await expect(answered(cache, ['task-0', 'task-1'])).resolves.toEqual(['task-0']);
    expect(cache.counters()).toMatchObject({ redisCommands: 0, redisSkipped: 2 });
    const { url } = await redisServer({ port, args: ['--requirepass', PASSWORD] });
    await until(isUp(cache));
    await fill(url.replace('//', `//:${PASSWORD}@`), ['task-1']);
    await expect(answered(cache, ['task-1'])).resolves.toEqual(['task-1']);
    expect(lines.slice(0, 2)).toEqual([
      'Redis is not available (ECONNREFUSED): going on without it TaskCache',
      'Redis is in use TaskCache',
    ]);
  });

  it('goes on when it is killed under use, and uses the next one', async () => {
    const { url, port, kill } = await redisServer();
    await fill(url);
    const cache = await usable(url);
    const reads = answered(cache, IDS.slice(0, 25));
    await kill();
    await reads;
    await until(() => !isUp(cache)());
    const { redisCommands } = cache.counters();
    await expect(answered(cache, IDS.slice(25))).resolves.toEqual([]);
    expect(cache.counters()).toMatchObject({ redisCommands });
    await redisServer({ port });
    await until(isUp(cache));
    await fill(url);
    await expect(answered(cache, IDS)).resolves.toEqual(IDS);
  });

  it('is closed while it tries to connect', async () => {
    const cache = cacheAt(`redis://127.0.0.1:${await freePort()}`);
    await cache.close();
    const other = cacheAt(`redis://127.0.0.1:${await freePort()}`);
    await until(() => lines.length > 0);
    await other.close();
  });
});

describe('with a Redis that does not answer', () => {
  it('loses the reads under way, asks no more, and is right when it goes on', async () => {
    const server = await redisServer();
    await fill(server.url);
    const cache = await usable(server.url);
    server.freeze();
    await expect(answered(cache, IDS.slice(0, 25))).resolves.toEqual([]);
    expect(cache.counters()).toMatchObject({ redisCommands: 25, redisErrors: 25, redisSkipped: 0 });
    await expect(answered(cache, IDS)).resolves.toEqual([]);
    expect(cache.set(keyOf('task-0'), payloadOf('task-0'), OBSERVED, 60)).toBe(true);
    expect(cache.counters()).toMatchObject({ redisCommands: 25, redisErrors: 25, redisSkipped: 51 });
    expect(cache.health()).toEqual({ redis: 'down' });
    server.thaw();
    await until(isUp(cache));
    await expect(answered(cache, IDS)).resolves.toEqual(IDS);
    expect(cache.counters()).toMatchObject({ mismatches: 0, redisErrors: 25 });
    expect(lines).toContain('Redis is not available (no answer in time): going on without it TaskCache');
  });

  it('is written to in vain, and read once it goes on', async () => {
    const server = await redisServer();
    const cache = await usable(server.url);
    server.freeze();
    for (const id of IDS) expect(cache.set(keyOf(id), payloadOf(id), OBSERVED, 60)).toBe(true);
    await expect(answered(cache, IDS)).resolves.toEqual(IDS);
    await cache.settled();
    expect(cache.health()).toEqual({ redis: 'down' });
    server.thaw();
    await until(isUp(cache));
  });

  it('is closed while it is frozen, and while it accepts and says nothing', async () => {
    const server = await redisServer();
    const cache = await usable(server.url);
    server.freeze();
    cache.set(keyOf('task-0'), payloadOf('task-0'), OBSERVED, 60);
    await cache.close();
    const late = cacheAt(server.url);
    await until(() => lines.some((line) => line.includes('no answer in time')));
    await late.close();
    server.thaw();
  });

  it('takes no late answer for the answer to something else', async () => {
    const { url, port } = await redisServer();
    await fill(url);
    const proxy = await proxyTo(port);
    const cache = await usable(proxy.url);
    for (let round = 0; round < 3; round += 1) {
      proxy.mode = 'hold';
      await expect(answered(cache, [`task-${round}`])).resolves.toEqual([]);
      proxy.mode = 'pass';
      await until(isUp(cache));
      await expect(answered(cache, [`task-${10 + round}`])).resolves.toEqual([`task-${10 + round}`]);
    }
    await expect(answered(cache, IDS)).resolves.toEqual(IDS);
    expect(cache.counters()).toMatchObject({ mismatches: 0, redisErrors: 3 });
  });
});

describe('with a Redis that refuses', () => {
  it('-OOM: reads, and writes again when there is room', async () => {
    const { url } = await redisServer({ args: ['--maxmemory-policy', 'noeviction'] });
    await fill(url);
    const client = admin(url);
    await client.config('SET', 'maxmemory', '1');
    const cache = await usable(url);
    expect(cache.set(keyOf('more'), payloadOf('more'), OBSERVED, 60)).toBe(true);
    await cache.settled();
    await expect(answered(cache, [...IDS, 'more'])).resolves.toEqual([...IDS, 'more']);
    expect(cache.counters()).toMatchObject({ redisErrors: 1 });
    await client.config('SET', 'maxmemory', '0');
    cache.set(keyOf('more'), payloadOf('more'), OBSERVED, 60);
    await cache.settled();
    await expect(client.dbsize()).resolves.toBe(IDS.length + 1);
    expect(lines.slice(-2)).toEqual(['Redis refuses writes (OOM) TaskCache', 'Redis takes writes again TaskCache']);
  });

  it('-READONLY: looks for the primary and reads from the replica', async () => {
    const { url } = await redisServer();
    await fill(url);
    const client = admin(url);
    await client.replicaof('127.0.0.1', await freePort());
    const cache = await usable(url);
    cache.set(keyOf('more'), payloadOf('more'), OBSERVED, 60);
    await cache.settled();
    await until(isUp(cache));
    await expect(answered(cache, [...IDS, 'more'])).resolves.toEqual([...IDS, 'more']);
    await client.replicaof('NO', 'ONE');
    cache.set(keyOf('more'), payloadOf('more'), OBSERVED, 60);
    await cache.settled();
    await expect(client.dbsize()).resolves.toBe(IDS.length + 1);
    expect(cache.counters()).toMatchObject({ redisErrors: 1 });
  });

  it.each([
    ['NOAUTH', ''],
    ['WRONGPASS', `:not-${PASSWORD}@`],
  ])('-%s: goes on without it, and uses it once it is let in', async (word, login) => {
    const { port } = await redisServer({ args: ['--requirepass', PASSWORD] });
    const cache = cacheAt(`redis://${login}127.0.0.1:${port}`);
    await until(() => lines.length > 0);
    await expect(answered(cache, IDS)).resolves.toEqual([]);
    expect(lines).toEqual([`Redis is not available (${word}): going on without it TaskCache`]);
    expect(cache.counters()).toMatchObject({ redisCommands: 0, redisSkipped: IDS.length });
    const client = admin(`redis://:${PASSWORD}@127.0.0.1:${port}`);
    await client.config('SET', 'requirepass', login === '' ? '' : `not-${PASSWORD}`);
    await until(isUp(cache));
  });

  it('-LOADING: asks no more until it has loaded', async () => {
    const { url, port } = await redisServer();
    await fill(url);
    const proxy = await proxyTo(port);
    const cache = await usable(proxy.url);
    proxy.mode = 'loading';
    await expect(answered(cache, ['task-0'])).resolves.toEqual([]);
    await expect(answered(cache, IDS)).resolves.toEqual([]);
    expect(cache.counters()).toMatchObject({ redisCommands: 1, redisErrors: 1, redisSkipped: IDS.length });
    proxy.mode = 'pass';
    await until(isUp(cache));
    await expect(answered(cache, IDS)).resolves.toEqual(IDS);
    expect(lines).toContain('Redis is not available (LOADING): going on without it TaskCache');
  });
});
