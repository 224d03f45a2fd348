import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { TASK_STATUSES, isDone, settleTask } from '@gateway/tasks';
import type { TaskStatus } from '@gateway/tasks';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CacheModule } from './cache.module.js';
import type { OpenRedis } from './redis-connection.js';
import { TaskCache } from './task-cache.js';
import type { CacheEnvironment } from './task-cache.js';
import { SHARED_PARTITION, entryName } from './task-key.js';
import type { TaskKey } from './task-key.js';
import type { TaskPayload } from './task-payload.js';

const OBSERVED = '2026-11-21T10:01:02.003Z';
const START = 1_800_000_000_000;

const keyOf = (id: string, partition = SHARED_PARTITION): TaskKey => ({
  partition,
  provider: 'apig',
  region: 'eu-de',
  projectId: 'p',
  instanceId: null,
  id,
});
const payloadOf = (id: string, status: TaskStatus = 'succeeded', content = ''): TaskPayload => ({
  task: settleTask({ id, status, upstreamStatus: status }),
  artifact: content === '' ? null : { fileName: 'f', mediaType: 'm', content },
  version: `v-${id}`,
});

/** A Redis that is there at once; commands and their TTLs are recorded, and reads wait for `gate`. */
function fakeRedis() {
  const values = new Map<string, string>();
  const sent: string[] = [];
  const state = { gate: Promise.resolve(), ttls: [] as number[] };
  const openRedis = (): OpenRedis => (listener) => ({
    get: async (name) => {
      if (!name.endsWith('tg:probe')) sent.push(`get ${name}`);
      await state.gate;
      return values.get(name) ?? null;
    },
    set: async (name, text, ttlMs) => {
      sent.push(`set ${name}`);
      state.ttls.push(ttlMs);
      values.set(name, text);
    },
    delete: async (name) => {
      sent.push(`del ${name}`);
      values.delete(name);
    },
    run: async () => null,
    subscribe: () => undefined,
    start: () => {
      listener.onReady();
    },
    reconnect: () => undefined,
    close: async () => undefined,
  });
  return { values, sent, state, openRedis };
}

async function withRedis(environment: Partial<CacheEnvironment> = {}, maxEntryBytes = 10_000) {
  const redis = fakeRedis();
  const make = async (): Promise<TaskCache> => {
    const cache = new TaskCache(
      { maxEntryBytes, redis: { kind: 'standalone', url: 'redis://unused', keyPrefix: 'gw:' } },
      { now: () => START, random: () => 0, openRedis: redis.openRedis, ...environment },
    );
    cache.onModuleInit();
    while (cache.health().redis !== 'up') await Promise.resolve();
    return cache;
  };
  return { ...redis, make };
}

beforeAll(() => {
  Logger.overrideLogger(false);
});
afterAll(() => {
  Logger.overrideLogger(new ConsoleLogger());
});

describe('TaskCache in memory', () => {
  it('remembers a final answer for its time', async () => {
    let now = START;
    const cache = new TaskCache({}, { now: () => now, random: () => 0 });
    const payload = payloadOf('a', 'succeeded', 'file');
    await expect(cache.get(keyOf('a'))).resolves.toBeNull();
    expect(cache.set(keyOf('a'), payload, OBSERVED, 60)).toBe(true);
    now += 12_500;
    await expect(cache.get(keyOf('a'))).resolves.toEqual({ payload, observedAt: OBSERVED, ttlSeconds: 47 });
    now = START + 59_999;
    await expect(cache.get(keyOf('a'))).resolves.toMatchObject({ ttlSeconds: 0 });
    now = START + 60_000;
    await expect(cache.get(keyOf('a'))).resolves.toBeNull();
    expect(cache.health()).toEqual({ redis: 'not-configured' });
    expect(cache.counters()).toEqual({
      hits: 2,
      misses: 2,
      mismatches: 0,
      redisCommands: 0,
      redisErrors: 0,
      redisSkipped: 0,
    });
  });

  it('keeps partitions and scopes apart', async () => {
    const cache = new TaskCache();
    cache.set(keyOf('a', 'alice'), payloadOf('a'), OBSERVED, 60);
    await expect(cache.get(keyOf('a', 'bob'))).resolves.toBeNull();
    await expect(cache.get(keyOf('a'))).resolves.toBeNull();
    await expect(cache.get({ ...keyOf('a', 'alice'), instanceId: 'i' })).resolves.toBeNull();
    await expect(cache.get(keyOf('a', 'alice'))).resolves.not.toBeNull();
  });

  it.each(TASK_STATUSES)('keeps %s only if it is final', async (status) => {
    const cache = new TaskCache();
    expect(cache.set(keyOf('a'), payloadOf('a', status), OBSERVED, 60)).toBe(isDone(status));
    expect((await cache.get(keyOf('a'))) !== null).toBe(isDone(status));
  });

  it('never replaces a final answer by an unfinished one', async () => {
    const cache = new TaskCache();
    const final = payloadOf('a', 'failed');
    cache.set(keyOf('a'), final, OBSERVED, 60);
    expect(cache.set(keyOf('a'), payloadOf('a', 'running'), OBSERVED, 60)).toBe(false);
    await expect(cache.get(keyOf('a'))).resolves.toMatchObject({ payload: final });
  });

  it('refuses what it could not serve', () => {
    const cache = new TaskCache({ maxEntryBytes: 2_000 });
    const lies = { ...payloadOf('a', 'running'), task: { ...payloadOf('a', 'running').task, done: true } };
    expect(cache.set(keyOf('a'), lies, OBSERVED, 60)).toBe(false);
    expect(cache.set(keyOf('a'), payloadOf('b'), OBSERVED, 60)).toBe(false);
    expect(cache.set(keyOf('a'), payloadOf('a'), 'yesterday', 60)).toBe(false);
    expect(cache.set(keyOf('a'), payloadOf('a', 'succeeded', 'ü'.repeat(800)), OBSERVED, 60)).toBe(false);
    for (const ttl of [0, -1, 0.0001, Number.NaN])
      expect(cache.set(keyOf('a'), payloadOf('a'), OBSERVED, ttl)).toBe(false);
  });

  it('is bounded in bytes, and forgets what was not read for longest', async () => {
    const cache = new TaskCache({ memoryBytes: 5_000 });
    for (const id of ['a', 'b', 'c']) {
      cache.set(keyOf(id), payloadOf(id, 'succeeded', 'x'.repeat(1_500)), OBSERVED, 60);
      await cache.get(keyOf('a'));
    }
    const kept = await Promise.all(['a', 'b', 'c'].map(async (id) => (await cache.get(keyOf(id))) !== null));
    expect(kept).toEqual([true, false, true]);
  });
});

describe('TaskCache with Redis', () => {
  it('asks memory first, then Redis, and remembers what Redis said for the rest of its time', async () => {
    let now = START;
    const { make, sent } = await withRedis({ now: () => now });
    const [writer, reader] = [await make(), await make()];
    writer.set(keyOf('a'), payloadOf('a'), OBSERVED, 60);
    await writer.settled();
    await writer.get(keyOf('a'));
    now += 20_000;
    const expected = { payload: payloadOf('a'), observedAt: OBSERVED, ttlSeconds: 40 };
    await expect(reader.get(keyOf('a'))).resolves.toEqual(expected);
    await expect(reader.get(keyOf('a'))).resolves.toEqual(expected);
    const name = `gw:${entryName(keyOf('a'))}`;
    expect(sent).toEqual([`set ${name}`, `get ${name}`]);
    now = START + 60_000;
    // The fake server expires nothing: a server whose clock is behind.
    await expect(reader.get(keyOf('a'))).resolves.toBeNull();
    expect(reader.counters()).toMatchObject({ hits: 2, misses: 1, mismatches: 0 });
  });

  it('shortens times by up to a tenth and never lengthens them', async () => {
    const draws = [0, 0.5, 0.999999];
    const { make, state } = await withRedis({ random: () => draws.shift() ?? 0 });
    const cache = await make();
    for (const ttl of [100, 100, 100, 1e9]) cache.set(keyOf('a'), payloadOf('a'), OBSERVED, ttl);
    expect(state.ttls).toEqual([100_000, 95_000, 90_000, 86_400_000]);
  });

  it('reads an entry once for many readers', async () => {
    const { make, sent, state } = await withRedis();
    (await make()).set(keyOf('a'), payloadOf('a'), OBSERVED, 60);
    const cache = await make();
    sent.length = 0;
    let open: () => void = () => undefined;
    state.gate = new Promise((resolve) => {
      open = resolve;
    });
    const reads = Array.from({ length: 1_000 }, () => cache.get(keyOf('a')));
    open();
    const found = await Promise.all(reads);
    expect(found.every((answer) => answer?.payload.task.id === 'a')).toBe(true);
    expect(sent).toHaveLength(1);
    expect(cache.counters()).toMatchObject({ hits: 1_000, redisCommands: 1 });
  });

  it('prefers what was stored here while Redis was being read', async () => {
    const { make, state } = await withRedis();
    const cache = await make();
    let open: () => void = () => undefined;
    state.gate = new Promise((resolve) => {
      open = resolve;
    });
    const read = cache.get(keyOf('a'));
    cache.set(keyOf('a'), payloadOf('a'), OBSERVED, 60);
    open();
    await expect(read).resolves.toMatchObject({ payload: payloadOf('a') });
  });

  it('deletes, counts and does not serve what is not what its name says', async () => {
    const { make, values } = await withRedis();
    const cache = await make();
    const name = `gw:${entryName(keyOf('a'))}`;
    (await make()).set(keyOf('b'), payloadOf('b'), OBSERVED, 60);
    const anothers = values.get(`gw:${entryName(keyOf('b'))}`) ?? '';
    (await make()).set(keyOf('a'), payloadOf('a'), OBSERVED, 60);
    const own = values.get(name) ?? '';
    const plants = [
      '',
      '{',
      anothers,
      own.replace('"v":1', '"v":0'),
      own.replace('"succeeded"', '"running"'),
      `${own}${' '.repeat(10_000)}`,
    ];
    for (const [index, planted] of plants.entries()) {
      values.set(name, planted);
      await expect(cache.get(keyOf('a'))).resolves.toBeNull();
      await cache.settled();
      expect(values.has(name)).toBe(false);
      expect(cache.counters()).toMatchObject({ misses: index + 1, mismatches: index + 1 });
    }
    values.set(name, own);
    await expect(cache.get(keyOf('a'))).resolves.not.toBeNull();
  });

  it('does not keep longer than it may what claims to live for ever', async () => {
    const { make, values } = await withRedis();
    (await make()).set(keyOf('a'), payloadOf('a'), OBSERVED, 60);
    const name = `gw:${entryName(keyOf('a'))}`;
    values.set(name, (values.get(name) ?? '').replace(/"storedUntil":\d+/, `"storedUntil":${Number.MAX_SAFE_INTEGER}`));
    await expect((await make()).get(keyOf('a'))).resolves.toMatchObject({ ttlSeconds: 86_400 });
  });

  it('refuses settings that cannot work', () => {
    const redis = { kind: 'standalone', url: 'redis://cache' } as const;
    expect(() => new TaskCache({ redis: { ...redis, keyPrefix: '{x}' } })).toThrow('brace');
    expect(() => new TaskCache({ redis: { ...redis, url: 'nonsense' } })).toThrow('The Redis URL is not of the form');
  });
});

describe('CacheModule', () => {
  it('offers the cache, starts without its Redis and closes it', async () => {
    const module = await Test.createTestingModule({
      imports: [CacheModule.register({ redis: { kind: 'standalone', url: 'redis://127.0.0.1:1' } })],
    }).compile();
    await module.init();
    const cache = module.get(TaskCache);
    expect(cache.health()).toEqual({ redis: 'down' });
    cache.set(keyOf('a'), payloadOf('a'), OBSERVED, 60);
    await expect(cache.get(keyOf('a'))).resolves.not.toBeNull();
    const close = jest.spyOn(cache, 'close');
    await module.close();
    expect(close).toHaveBeenCalledTimes(1);
  });
});
