import { RedisStore, openRedis } from '@gateway/redis';
import type { RedisCounts, RedisSettings } from '@gateway/redis';
import { Logger } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { CacheEnvironment, StoreContext } from './cache-environment.js';
import { DEFAULT_CACHE_SETTINGS } from './cache-settings.js';
import type { CacheSettings } from './cache-settings.js';
import { ENDED_MESSAGE, Leases } from './leases.js';
import { NegativeStore } from './negative-store.js';
import { MAX_PROOF_MS, ProofStore } from './proof-store.js';
import { PURGE_MESSAGE, Purges } from './purges.js';
import type { PurgeTarget } from './purges.js';
import { ResultStore } from './result-store.js';
import { REVOKED_MESSAGE } from './revocations.js';
import { Seal } from './seal.js';
import { EVENTS_CHANNEL } from './keys.js';

export interface CacheHealth {
  readonly redis: 'not-configured' | 'up' | 'down';
}

/** Counted since the start of the process. */
export interface CacheCounters extends RedisCounts {
  /** Values in Redis that were not what their name promised; none was used. */
  readonly mismatches: number;
}

const ENVIRONMENT: CacheEnvironment = {
  now: () => Date.now(),
  random: Math.random,
  openRedis,
};

/** Milliseconds between two warnings of what was found in Redis. */
const WARN_MS = 60_000;

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
  readonly #seal: Seal;
  #warnedAt = -Infinity;

  /** @throws Error for Redis settings that cannot be used */
  constructor(settings: Partial<CacheSettings> = {}, environment: Partial<CacheEnvironment> = {}) {
    const all = { ...DEFAULT_CACHE_SETTINGS, ...settings };
    this.#environment = { ...ENVIRONMENT, ...environment };
    const { now, random } = this.#environment;
    this.#seal = new Seal(all.secret, all.redis?.keyPrefix ?? '');
    this.#redis = all.redis === null ? null : this.#storeIn(all.redis);
    const onMismatch = (): void => this.#warnOfMismatches();
    const context: StoreContext = { now, random, seal: this.#seal, checks: all.checks, onMismatch };
    this.#purges = new Purges(this.#redis, Math.max(all.maxTtlSeconds * 1000, MAX_PROOF_MS), context);
    this.results = new ResultStore(all, context, this.#redis, this.#purges);
    this.proofs = new ProofStore(context, this.#redis, this.#purges);
    this.negatives = new NegativeStore(context, this.#redis, this.#purges);
    this.leases = new Leases(this.#redis, now);
    this.#redis?.subscribe(
      EVENTS_CHANNEL,
      (message) => this.#hear(message),
      () => this.#look(),
    );
  }

  /** Starts to connect. Nobody waits for it: until Redis is there, and whenever it is not, memory is all there is. */
  onModuleInit(): void {
    if (this.#redis !== null && !this.#seal.isKeyed)
      this.#logger.warn(
        'Redis is trusted: whoever can write to it can forge answers. With access.principalSecret they are ' +
          "authenticated, and replicas share the proofs of callers' tokens",
      );
    this.#redis?.start();
    this.#purges.start();
    this.proofs.revocations.start();
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
    if (target.kind === 'task') this.results.drop(target.address);
    return telling;
  }

  health(): CacheHealth {
    if (this.#redis === null) return { redis: 'not-configured' };
    return { redis: this.#redis.up ? 'up' : 'down' };
  }

  counters(): CacheCounters {
    return { mismatches: this.#mismatches, ...(this.#redis?.counts ?? NO_REDIS) };
  }

  /** Resolves when all writes in the background have ended, one way or the other. */
  async settled(): Promise<void> {
    await this.#redis?.settled();
  }

  /** Ends pending writes and leaves Redis, in bounded time. Memory goes on answering. */
  async close(): Promise<void> {
    this.#purges.stop();
    this.proofs.revocations.stop();
    await this.#redis?.close();
  }

  /** Messages may have been missed. */
  #look(): void {
    void this.#purges.look();
    void this.proofs.revocations.look();
  }

  #hear(message: string): void {
    if (message.startsWith(PURGE_MESSAGE)) this.#purges.hear(message);
    else if (message.startsWith(REVOKED_MESSAGE)) this.proofs.revocations.hear(message);
    else if (message.startsWith(ENDED_MESSAGE)) this.results.ended(message.slice(ENDED_MESSAGE.length + 1));
    else this.leases.wake(message);
  }

  get #mismatches(): number {
    const stores = [this.results, this.proofs, this.negatives, this.#purges, this.proofs.revocations];
    return stores.reduce((sum, { counts }) => sum + counts.mismatches, 0);
  }

  /** Not for each: who forges many would fill the log. */
  #warnOfMismatches(): void {
    const now = performance.now();
    if (now - this.#warnedAt < WARN_MS) return;
    this.#warnedAt = now;
    this.#logger.warn(
      `Redis held something that no gateway with this secret wrote there: ${this.#mismatches} since the start. ` +
        'It was forged or damaged, or the secret has changed. It is not used',
    );
  }

  #storeIn(settings: RedisSettings): RedisStore {
    const { keyPrefix = '' } = settings;
    // The first brace in a address opens its hash tag: a prefix with one would put all entries into one slot.
    if (/[{}]/.test(keyPrefix)) throw new Error('The Redis address prefix has a brace in it');
    return new RedisStore(
      this.#environment.openRedis(settings),
      keyPrefix,
      {
        onUp: () => {
          this.#logger.log('Redis is in use');
          this.#look();
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
