import { Logger } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { CacheEnvironment } from './cache-environment.js';
import { DEFAULT_CACHE_SETTINGS } from './cache-settings.js';
import type { CacheSettings, RedisSettings } from './cache-settings.js';
import { Leases } from './leases.js';
import { NegativeStore } from './negative-store.js';
import { MAX_PROOF_MS, ProofStore } from './proof-store.js';
import { PURGE_MESSAGE, Purges } from './purges.js';
import type { PurgeTarget } from './purges.js';
import { RedisStore } from './redis-store.js';
import type { RedisCounts } from './redis-store.js';
import { ResultStore } from './result-store.js';
import { openRedis } from './redis/open-redis.js';
import { EVENTS_CHANNEL } from './task-key.js';

export interface CacheHealth {
  readonly redis: 'not-configured' | 'up' | 'down';
}

/** Counted since the start of the process. */
export interface CacheCounters extends RedisCounts {
  /** Stored values that were not what their name promised; each was deleted. */
  readonly mismatches: number;
}

const ENVIRONMENT: CacheEnvironment = {
  now: () => Date.now(),
  random: Math.random,
  openRedis,
};

const NO_REDIS: RedisCounts = { redisCommands: 0, redisErrors: 0, redisSkipped: 0 };

/**
 * What is remembered about tasks: results that all may share who prove that they may read them, the proofs, refusals,
 * and who is asking the upstream just now. In memory, and behind that in Redis where one is configured.
 */
export class TaskCache implements OnModuleInit, OnApplicationShutdown {
  readonly results: ResultStore;
  readonly proofs: ProofStore;
  readonly negatives: NegativeStore;
  readonly leases: Leases;
  readonly #purges: Purges;
  readonly #logger = new Logger('TaskCache');
  readonly #environment: CacheEnvironment;
  readonly #redis: RedisStore | null;

  /** @throws Error for Redis settings that cannot be used */
  constructor(settings: Partial<CacheSettings> = {}, environment: Partial<CacheEnvironment> = {}) {
    const all = { ...DEFAULT_CACHE_SETTINGS, ...settings };
    this.#environment = { ...ENVIRONMENT, ...environment };
    const { now } = this.#environment;
    this.#redis = all.redis === null ? null : this.#storeIn(all.redis);
    this.#purges = new Purges(this.#redis, Math.max(all.maxTtlSeconds * 1000, MAX_PROOF_MS), now);
    this.results = new ResultStore(all, this.#environment, this.#redis, this.#purges);
    this.proofs = new ProofStore(this.#environment, this.#redis, this.#purges);
    this.negatives = new NegativeStore(this.#environment, this.#redis, this.#purges);
    this.leases = new Leases(this.#redis);
    const look = (): void => void this.#purges.look();
    this.#redis?.subscribe(
      EVENTS_CHANNEL,
      (message) => (message.startsWith(PURGE_MESSAGE) ? this.#purges.hear(message) : this.leases.wake(message)),
      look,
    );
  }

  /** Starts to connect. Nobody waits for it: until Redis is there, and whenever it is not, memory is all there is. */
  onModuleInit(): void {
    this.#redis?.start();
    this.#purges.start();
  }

  /** Runs after the HTTP server has closed, so the last requests still have their cache. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /**
   * Voids what is stored, here at once and in other replicas within a second.
   * @returns false where Redis could not be told; other replicas hear of it when it is back
   * @throws RangeError when too many purges are remembered already
   */
  async purge(target: PurgeTarget): Promise<boolean> {
    const telling = this.#purges.purge(target);
    // Before it is told: what is asked for from now on stays.
    if (target.kind === 'task') this.results.drop(target.key);
    return telling;
  }

  health(): CacheHealth {
    if (this.#redis === null) return { redis: 'not-configured' };
    return { redis: this.#redis.up ? 'up' : 'down' };
  }

  counters(): CacheCounters {
    const stores = [this.results, this.proofs, this.negatives];
    const mismatches = stores.reduce((sum, { counts }) => sum + counts.mismatches, 0);
    return { mismatches, ...(this.#redis?.counts ?? NO_REDIS) };
  }

  /** Resolves when all writes in the background have ended, one way or the other. */
  async settled(): Promise<void> {
    await this.#redis?.settled();
  }

  /** Ends pending writes and leaves Redis, in bounded time. Memory goes on answering. */
  async close(): Promise<void> {
    this.#purges.stop();
    await this.#redis?.close();
  }

  #storeIn(settings: RedisSettings): RedisStore {
    const { keyPrefix = '' } = settings;
    // The first brace in a key opens its hash tag: a prefix with one would put all entries into one slot.
    if (/[{}]/.test(keyPrefix)) throw new Error('The Redis key prefix has a brace in it');
    return new RedisStore(
      this.#environment.openRedis(settings),
      keyPrefix,
      {
        onUp: () => {
          this.#logger.log('Redis is in use');
          void this.#purges.look();
        },
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
