import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Seal } from './envelope.js';
import { CacheModule, TaskCache } from './task-cache.js';
import { EVENTS_CHANNEL, PURGES_NAME, REVOKED_NAME, resultName } from './keys.js';
import { FakeRedis } from '../../redis/src/testing/fake-redis.js';
import { OBSERVED, SECRET, START, UNFINISHED, keepPurges, addressOf, snapshotOf } from './testing/fake-stores.js';
import { inside } from './testing/cache-internals.js';

const KEY = addressOf('a');
const REDIS = { kind: 'standalone', url: 'redis://unused' } as const;

beforeAll(() => {
  Logger.overrideLogger(false);
});
afterAll(() => {
  Logger.overrideLogger(new ConsoleLogger());
});

/** A cache whose Redis is in use, after its first look at purges. */
async function connected(redis: FakeRedis, keyPrefix = ''): Promise<TaskCache> {
  const cache = new TaskCache(
    { redis: { ...REDIS, keyPrefix }, secret: SECRET },
    { now: () => START, openRedis: () => redis.open },
  );
  redis.listener.onReady();
  await new Promise((resolve) => setImmediate(resolve));
  expect(cache.health()).toEqual({ redis: 'up' });
  return cache;
}

const keep = (cache: TaskCache, changes = {}) =>
  inside(cache).tasks.set(KEY, snapshotOf('a', changes), 60_000, 60_000, inside(cache).tasks.epochOf(KEY));

describe('TaskCache', () => {
  it('is memory alone where no Redis is configured', async () => {
    const cache = new TaskCache();
    cache.onModuleInit();
    keep(cache);
    await expect(inside(cache).tasks.getCached(KEY)).resolves.not.toBeNull();
    await expect(cache.purge({ kind: 'task', address: KEY })).resolves.toBe(true);
    await expect(inside(cache).tasks.getCached(KEY)).resolves.toBeNull();
    expect(cache.health()).toEqual({ redis: 'not-configured' });
    expect(cache.counters()).toEqual({ mismatches: 0, redisCommands: 0, redisErrors: 0, redisSkipped: 0 });
    await cache.close();
    keep(cache);
    expect(inside(cache).tasks.getLocal(KEY)).not.toBeNull();
  });

  it('refuses settings that cannot work', () => {
    const wrong = { ...REDIS, url: 'nonsense' };
    expect(() => new TaskCache({ redis: { ...REDIS, keyPrefix: '{x}' } })).toThrow('brace');
    expect(() => new TaskCache({ redis: wrong })).toThrow('The Redis URL is not of the form');
  });

  it('remembers purges for as long as proofs live, however short answers do', async () => {
    const redis = new FakeRedis();
    keepPurges(redis);
    let time = START;
    const cache = new TaskCache(
      { redis: REDIS, secret: SECRET, finalTtlSeconds: 60, staleSeconds: 0 },
      { now: () => time, openRedis: () => redis.open },
    );
    redis.listener.onReady();
    await new Promise((resolve) => setImmediate(resolve));
    await cache.purge({ kind: 'principal', principal: 'alice' });
    const epoch = cache.proofs.epochOf('alice');
    time += 30 * 60_000;
    redis.publish('purge');
    await new Promise((resolve) => setImmediate(resolve));
    expect([epoch === '', cache.proofs.epochOf('alice')]).toEqual([false, epoch]);
  });

  it('prefixes names and channel alike', async () => {
    const redis = new FakeRedis();
    keepPurges(redis);
    const cache = await connected(redis, 'gw:');
    inside(cache).locks.release(null, keep(cache)?.write ?? null);
    await cache.purge({ kind: 'provider', provider: 'ims' });
    expect(redis.sent).toContain(`subscribe gw:${EVENTS_CHANNEL}`);
    const seal = new Seal(SECRET, 'gw:');
    const [name, purges] = [`gw:${resultName(KEY)}`, `gw:${seal.own(PURGES_NAME)}`];
    expect(redis.sent.filter((command) => command.startsWith('tg')).sort()).toEqual([
      `tgReadPurges ${purges}`,
      `tgReadRevoked gw:${seal.own(REVOKED_NAME)}`,
      `tgRelease ${name},${name}`,
      `tgWritePurges ${purges}`,
    ]);
  });

  it('reads purges and revocations on their messages, and wakes waiters on any other', async () => {
    const redis = new FakeRedis();
    keepPurges(redis);
    const cache = await connected(redis);
    const wake = jest.spyOn(inside(cache).locks, 'onReleased').mockReturnValue();
    redis.sent.length = 0;
    redis.publish('some lock');
    expect([wake.mock.calls, redis.sent]).toEqual([[['some lock']], []]);
    redis.publish('purge');
    redis.publish('revoked');
    const seal = new Seal(SECRET, '');
    const looks = [`tgReadPurges ${seal.own(PURGES_NAME)}`, `tgReadRevoked ${seal.own(REVOKED_NAME)}`];
    expect([wake.mock.calls.length, redis.sent]).toEqual([1, looks]);
  });

  it('reads anew what has changed elsewhere, unless it is done or the same, and tells who listens', async () => {
    const redis = new FakeRedis();
    const cache = await connected(redis);
    const told: string[] = [];
    cache.onChange((key) => told.push(key));
    keep(cache, UNFINISHED);
    expect(told.splice(0)).toEqual([KEY.key]);
    redis.publish(`changed v-a ${KEY.key}`);
    expect([inside(cache).tasks.getLocal(KEY)?.version, told]).toEqual(['v-a', []]);
    redis.publish(`changed v-2 ${KEY.key}`);
    expect([inside(cache).tasks.getLocal(KEY), told.splice(0)]).toEqual([null, [KEY.key]]);
    keep(cache);
    told.length = 0;
    redis.publish(`changed v-2 ${KEY.key}`);
    expect([inside(cache).tasks.getLocal(KEY)?.version, told]).toEqual(['v-a', [KEY.key]]);
  });

  it.each(['changed', 'changed ', `changed ${KEY.key}`, `changed v-2`, `changed  ${KEY.key}`])(
    'takes no message for one that is none: %s',
    async (message) => {
      const redis = new FakeRedis();
      const cache = await connected(redis);
      const told = jest.fn();
      cache.onChange(told);
      keep(cache, UNFINISHED);
      told.mockClear();
      redis.publish(message);
      expect([inside(cache).tasks.getLocal(KEY)?.version, told.mock.calls]).toEqual(['v-a', []]);
    },
  );

  it('tells of another version that is kept here, not of the same, nor of an earlier one', async () => {
    const cache = new TaskCache();
    const told = jest.fn();
    cache.onChange(told);
    keep(cache, UNFINISHED);
    keep(cache, { ...UNFINISHED, observedAt: OBSERVED + 1 });
    keep(cache, { ...UNFINISHED, observedAt: OBSERVED - 1, version: 'earlier' });
    expect(told.mock.calls).toEqual([[KEY.key]]);
    keep(cache, { version: 'done' });
    expect(told).toHaveBeenCalledTimes(2);
  });

  it('deletes a purged task as well, and nothing that was asked for after it', async () => {
    const redis = new FakeRedis();
    keepPurges(redis);
    const cache = await connected(redis);
    redis.values.set(resultName(KEY), keep(cache)?.write?.text ?? '');
    const telling = cache.purge({ kind: 'task', address: KEY });
    expect(inside(cache).tasks.getLocal(KEY)).toBeNull();
    expect(keep(cache, UNFINISHED)).not.toBeNull();
    await telling;
    await cache.settled();
    expect(redis.values.size).toBe(0);
    expect(inside(cache).tasks.getLocal(KEY)).toMatchObject({ final: false });
  });

  it('counts what is not what its name says in all its stores', async () => {
    const redis = new FakeRedis();
    keepPurges(redis);
    const cache = await connected(redis);
    expect(inside(cache).tasks.accept(KEY, 'x')).toBeNull();
    expect(inside(cache).negatives.accept(KEY, 'alice', 'x')).toBeNull();
    redis.behave = (_command, name) => void redis.values.set(name, 'x');
    await expect(cache.proofs.has('alice', KEY.scope)).resolves.toBe(false);
    expect(cache.counters()).toMatchObject({ mismatches: 3, redisErrors: 0 });
  });

  it('leaves no timer behind', async () => {
    const redis = new FakeRedis();
    const cache = await connected(redis);
    jest.useFakeTimers();
    try {
      cache.onModuleInit();
      await cache.onApplicationShutdown();
      expect([jest.getTimerCount(), redis.closed]).toEqual([0, 1]);
    } finally {
      jest.useRealTimers();
    }
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
    keep(cache);
    await expect(inside(cache).tasks.getCached(KEY)).resolves.not.toBeNull();
    const close = jest.spyOn(cache, 'close');
    await module.close();
    expect(close).toHaveBeenCalledTimes(1);
  });
});
