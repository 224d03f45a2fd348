import { Logger } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DEFAULT_CACHE_SETTINGS } from './cache-settings.js';
import type { CacheSettings, RedisSettings } from './cache-settings.js';
import { isEnvelopeFor, openEnvelope, seal } from './envelope.js';
import type { Envelope } from './envelope.js';
import type { OpenRedis } from './redis-connection.js';
import { RedisStore } from './redis-store.js';
import type { RedisCounts } from './redis-store.js';
import { openRedis } from './redis/open-redis.js';
import { entryName } from './task-key.js';
import type { TaskKey } from './task-key.js';
import type { TaskPayload } from './task-payload.js';

/** A remembered final answer. Shared by all its readers: not to be changed. */
export interface CachedTask {
  readonly payload: TaskPayload;
  /** RFC 3339: when the upstream was asked. */
  readonly observedAt: string;
  /** Whole seconds that it will still be kept. */
  readonly ttlSeconds: number;
}

export interface CacheHealth {
  readonly redis: 'not-configured' | 'up' | 'down';
}

/** Counted since the start of the process. */
export interface CacheCounters extends RedisCounts {
  readonly hits: number;
  readonly misses: number;
  /** Stored values that were not what their name promised; each was deleted. */
  readonly mismatches: number;
}

/** What tests replace. */
export interface CacheEnvironment {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly openRedis: (settings: RedisSettings) => OpenRedis;
}

const ENVIRONMENT: CacheEnvironment = {
  now: Date.now,
  random: Math.random,
  openRedis,
};

/** Entries that were stored together do not expire together: each loses up to this share of its time. */
const JITTER = 0.1;

/** A larger entry would not pass a network within the time that a command has; this process keeps it for itself. */
const MAX_REDIS_BYTES = 8 * 1024 * 1024;

const NO_REDIS: RedisCounts = { redisCommands: 0, redisErrors: 0, redisSkipped: 0 };

/**
 * Remembers final answers: in memory, and behind that in Redis where one is configured. It knows no readers: whoever
 * asks has proven before that it may read.
 */
export class TaskCache implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('TaskCache');
  readonly #settings: CacheSettings;
  readonly #environment: CacheEnvironment;
  readonly #memory: LRUCache<string, Envelope>;
  readonly #redis: RedisStore | null;
  /** Reads of Redis that are under way: many readers of one entry are one read. */
  readonly #reading = new Map<string, Promise<Envelope | null>>();
  readonly #counts = { hits: 0, misses: 0, mismatches: 0 };

  /** @throws Error for Redis settings that cannot be used */
  constructor(settings: Partial<CacheSettings> = {}, environment: Partial<CacheEnvironment> = {}) {
    this.#settings = { ...DEFAULT_CACHE_SETTINGS, ...settings };
    this.#environment = { ...ENVIRONMENT, ...environment };
    const { memoryBytes: maxSize, maxEntryBytes: maxEntrySize, redis } = this.#settings;
    this.#memory = new LRUCache({ maxSize, maxEntrySize });
    this.#redis = redis === null ? null : this.#storeIn(redis);
  }

  /** Starts to connect. Nobody waits for it: until Redis is there, and whenever it is not, memory is all there is. */
  onModuleInit(): void {
    this.#redis?.start();
  }

  /** Runs after the HTTP server has closed, so the last requests still have their cache. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** The final answer under this key, or null. Never rejects; a failing Redis is a miss. */
  async get(key: TaskKey): Promise<CachedTask | null> {
    const name = entryName(key);
    const envelope = this.#remembered(name, key) ?? (await this.#readOnce(name, key));
    this.#counts[envelope === null ? 'misses' : 'hits'] += 1;
    return envelope === null ? null : this.#served(envelope);
  }

  /**
   * Keeps a final answer; readable at once, written to Redis in the background.
   * @param observedAt RFC 3339: when the upstream was asked
   * @param ttlSeconds seconds to keep it at most; up to a tenth less
   * @returns whether it was kept. Refused are answers that can still change, are about another task, lack members or
   * are too large: so a final answer is never replaced by an unfinished one
   */
  set(key: TaskKey, payload: TaskPayload, observedAt: string, ttlSeconds: number): boolean {
    const { now, random } = this.#environment;
    const ttlMs = Math.floor(Math.min(ttlSeconds * 1000, this.#maxTtlMs) * (1 - JITTER * random()));
    if (!(ttlMs >= 1)) return false;
    const envelope = seal(key, payload, observedAt, Math.floor(now()) + ttlMs);
    if (!isEnvelopeFor(envelope, key)) return false;
    const text = JSON.stringify(envelope);
    const size = Buffer.byteLength(text);
    if (size > this.#settings.maxEntryBytes) return false;
    const name = entryName(key);
    this.#memory.set(name, envelope, { size });
    if (size <= MAX_REDIS_BYTES) this.#redis?.set(name, text, ttlMs);
    return true;
  }

  health(): CacheHealth {
    if (this.#redis === null) return { redis: 'not-configured' };
    return { redis: this.#redis.up ? 'up' : 'down' };
  }

  counters(): CacheCounters {
    return { ...this.#counts, ...(this.#redis?.counts ?? NO_REDIS) };
  }

  /** Resolves when all writes in the background have ended, one way or the other. */
  async settled(): Promise<void> {
    await this.#redis?.settled();
  }

  /** Ends pending writes and leaves Redis, in bounded time. Memory goes on answering. */
  async close(): Promise<void> {
    await this.#redis?.close();
  }

  #remembered(name: string, key: TaskKey): Envelope | null {
    const envelope = this.#memory.get(name);
    if (envelope === undefined) return null;
    if (!isEnvelopeFor(envelope, key)) {
      this.#mismatch(name);
      return null;
    }
    if (envelope.storedUntil > this.#environment.now()) return envelope;
    this.#memory.delete(name);
    return null;
  }

  async #readOnce(name: string, key: TaskKey): Promise<Envelope | null> {
    if (this.#redis === null) return null;
    const underWay = this.#reading.get(name);
    if (underWay !== undefined) return underWay;
    const reading = this.#read(this.#redis, name, key).finally(() => this.#reading.delete(name));
    this.#reading.set(name, reading);
    return reading;
  }

  async #read(redis: RedisStore, name: string, key: TaskKey): Promise<Envelope | null> {
    const text = await redis.get(name);
    // What was stored here in the meantime is at least as fresh.
    const newer = this.#remembered(name, key);
    if (text === null || newer !== null) return newer;
    const size = Buffer.byteLength(text);
    const opened = size > this.#settings.maxEntryBytes ? null : openEnvelope(text, key);
    if (opened === null) {
      this.#mismatch(name);
      return null;
    }
    const now = this.#environment.now();
    // The server expires by its own clock, which may be behind ours.
    if (opened.storedUntil <= now) return null;
    const envelope = { ...opened, storedUntil: Math.min(opened.storedUntil, now + this.#maxTtlMs) };
    this.#memory.set(name, envelope, { size });
    return envelope;
  }

  #mismatch(name: string): void {
    this.#counts.mismatches += 1;
    this.#memory.delete(name);
    this.#redis?.delete(name);
  }

  #served({ payload, observedAt, storedUntil }: Envelope): CachedTask {
    const ttlSeconds = Math.max(0, Math.floor((storedUntil - this.#environment.now()) / 1000));
    return { payload, observedAt, ttlSeconds };
  }

  get #maxTtlMs(): number {
    return Math.floor(this.#settings.maxTtlSeconds * 1000);
  }

  #storeIn(settings: RedisSettings): RedisStore {
    const { keyPrefix = '' } = settings;
    // The first brace in a key opens its hash tag: a prefix with one would put all entries into one slot.
    if (/[{}]/.test(keyPrefix)) throw new Error('The Redis key prefix has a brace in it');
    return new RedisStore(
      this.#environment.openRedis(settings),
      keyPrefix,
      {
        onUp: () => this.#logger.log('Redis is in use'),
        onDown: (reason) => this.#logger.warn(`Redis is not available (${reason}): going on without it`),
        onWritesRefused: (word) =>
          word === null
            ? this.#logger.log('Redis takes writes again')
            : this.#logger.warn(`Redis refuses writes (${word})`),
        onMessagesRefused: (word) =>
          word === null
            ? this.#logger.log('Redis passes messages again')
            : this.#logger.warn(`Redis passes no messages (${word})`),
      },
      this.#environment.now,
    );
  }
}
