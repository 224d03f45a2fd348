import { afterAll, afterEach, beforeEach, expect, jest } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { TaskCache } from '@gateway/cache';
import type { CacheOptions, StoredTask, TaskSnapshot } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { Redis } from 'ioredis';
import { eventually } from '../../support/eventually.js';
import { startRedisProxy } from '../../support/redis-proxy.js';
import type { RedisProxy } from '../../support/redis-proxy.js';
import { PATIENCE, startRedis } from '../../support/redis-server.js';
import type { RedisServer, RedisServerOptions } from '../../support/redis-server.js';
import { inside } from '../../../libs/cache/src/testing/cache-internals.js';
import { taskNames } from '../../../libs/cache/src/keys.js';

export const OBSERVED = Date.parse('2026-11-21T10:01:02.003Z');
/** Of all caches of a test that names no other. */
export const SECRET = 'a secret of the tests, long enough';
export const PASSWORD = 'hunter2-p4ssw0rd';
export const IDS = Array.from({ length: 50 }, (_, index) => `task-${index}`);
/** Longer than any test: what is gone was not kept too shortly. */
export const KEPT_MS = 3_600_000;
export const UNFINISHED = { final: false, pollAfterSeconds: 5 } as const;

export const addressOf = (id: string): TaskAddress =>
  new TaskAddress({ provider: 'apig', region: 'eu-de', projectId: 'p', instanceId: null, id });

export const snapshotOf = (id: string, changes: Partial<TaskSnapshot> = {}): TaskSnapshot => ({
  final: true,
  version: `v-${id}`,
  observedAt: OBSERVED,
  pollAfterSeconds: null,
  body: `{"id":"${id}"}`,
  artifact: null,
  ...changes,
});

export const nameOf = (id: string): string => taskNames(addressOf(id), '').result;

/** Gateways' caches, their Redis, and what they log; everything ends with its test, and no line tells a secret. */
export class CacheBench {
  readonly lines: string[] = [];
  readonly #cleanups: (() => unknown)[] = [];

  /** Called at the top of a file. */
  static perTest(): CacheBench {
    jest.setTimeout(60_000);
    const bench = new CacheBench();
    beforeEach(() => {
      bench.lines.length = 0;
      const keep = (...words: unknown[]): void => void bench.lines.push(words.map(String).join(' '));
      Logger.overrideLogger({ log: keep, warn: keep, error: keep, debug: keep, verbose: keep, fatal: keep });
    });
    afterEach(async () => {
      for (const cleanup of bench.#cleanups.splice(0).reverse()) await cleanup();
      expect(bench.lines.join('\n')).not.toMatch(/hunter2|a secret|127\.0\.0\.1|redis:|task-\d|tg:v|alice|bob/);
    });
    afterAll(() => {
      Logger.overrideLogger(new ConsoleLogger());
    });
    return bench;
  }

  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  async server(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = await startRedis(options);
    this.defer(server.stop);
    return server;
  }

  async proxy(port: number): Promise<{ readonly url: string; readonly proxy: RedisProxy }> {
    const proxy = await startRedisProxy(port);
    this.defer(proxy.stop);
    return { url: `redis://127.0.0.1:${proxy.port}`, proxy };
  }

  admin(url: string): Redis {
    const client = new Redis(url);
    client.on('error', () => undefined);
    this.defer(() => {
      client.disconnect();
    });
    return client;
  }

  /** A gateway's cache, already trying to reach this Redis. */
  start(url: string, settings: CacheOptions = {}, now: () => number = Date.now): TaskCache {
    const cache = new TaskCache(
      { redis: { kind: 'standalone', url, ...PATIENCE }, secret: SECRET, ...settings },
      { now },
    );
    this.defer(() => cache.close());
    cache.onModuleInit();
    return cache;
  }

  /** {@link start}, and waits until it is in use. */
  async use(url: string, settings: CacheOptions = {}, now: () => number = Date.now): Promise<TaskCache> {
    const cache = this.start(url, settings, now);
    await eventually(isUp(cache));
    return cache;
  }

  /** Stored by another gateway, so that the one under test finds them in Redis only. */
  async fill(url: string, ids: readonly string[] = IDS): Promise<void> {
    const writer = await this.use(url);
    for (const id of ids) expect(await store(writer, id)).toBe(true);
    expect(writer.counters().redisErrors).toBe(0);
  }
}

export const isUp = (cache: TaskCache) => (): boolean => cache.health().redis === 'up';

/** As an answer of the upstream is stored; whether it was. */
export async function store(cache: TaskCache, id: string, changes: Partial<TaskSnapshot> = {}): Promise<boolean> {
  const key = addressOf(id);
  const kept = inside(cache).tasks.set(
    key,
    snapshotOf(id, changes),
    KEPT_MS,
    KEPT_MS,
    inside(cache).tasks.epochOf(key),
  );
  inside(cache).locks.release(null, kept?.write ?? null);
  await cache.settled();
  return kept !== null;
}

export function read(cache: TaskCache, id: string): Promise<StoredTask | null> {
  return inside(cache).tasks.getCached(addressOf(id));
}

/** The ids that are answered, after a check that nobody gets another's answer. */
export async function answered(cache: TaskCache, ids: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(ids.map((id) => read(cache, id)));
  return ids.filter((id, index) => {
    const answer = found[index] ?? null;
    if (answer !== null) expect(answer).toMatchObject({ ...snapshotOf(id), task: addressOf(id).key });
    return answer !== null;
  });
}
