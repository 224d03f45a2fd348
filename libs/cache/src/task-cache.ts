import { RedisStore, logged, openRedis } from '@gateway/redis';
import type { RedisCounts, RedisSettings } from '@gateway/redis';
import { Logger, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { TaskAddress } from '@gateway/tasks';
import { CacheSettings, maxTtlMsOf } from './settings.js';
import type { CacheEnvironment, RedisTrust, SharedPurges, StoreContext } from './settings.js';
import { CHANGED_MESSAGE } from './changes.js';
import { Seal } from './envelope.js';
import { Fills } from './fill.js';
import type { Fetch, FetchedTask, FillOptions, Filled } from './fill.js';
import { FillLocks } from './fill-locks.js';
import { EVENTS_CHANNEL } from './keys.js';
import { NegativeEntries } from './negative-entries.js';
import { MAX_PROOF_MS, Proofs } from './proofs.js';
import { PURGE_MESSAGE, Purges } from './purges.js';
import type { PurgeTarget } from './purges.js';
import { REVOKED_MESSAGE } from './revocations.js';
import { TaskStore } from './task-store.js';
import type { StoreStats } from './tiered-store.js';

export interface CacheHealth {
  readonly redis: 'not-configured' | 'up' | 'down';
}

/** Counted since the start of the process. */
export interface CacheCounters extends RedisCounts {
  /** Values in Redis that were not what their name promised; none was used. */
  readonly mismatches: number;
}

export type CacheKind = 'tasks' | 'negatives' | 'proofs';

/** All that differs from the defaults. */
export type CacheOptions = Partial<CacheSettings & RedisTrust & SharedPurges>;

const ALONE: RedisTrust & SharedPurges = {
  secret: null,
  checks: { task: () => true, negative: () => true },
  tellSiblings: () => Promise.resolve(true),
};

const ENVIRONMENT: CacheEnvironment = { now: () => Date.now(), random: Math.random, openRedis };

/** Milliseconds between two warnings of what was found in Redis. */
const WARN_MS = 60_000;

const NO_REDIS: RedisCounts = { redisCommands: 0, redisErrors: 0, redisSkipped: 0 };

/**
 * What is remembered about tasks: answers that all may share who prove that they may read them, the proofs, negative
 * entries, and who is asking the upstream just now. In memory, and behind that in Redis where one is configured.
 */
export class TaskCache implements OnModuleInit, OnApplicationShutdown {
  readonly proofs: Proofs;
  /** Nothing rejects; a failing Redis is a miss. */
  readonly tasks: Pick<TaskStore, 'getLocal' | 'getCached' | 'getRemote'>;
  readonly negatives: Pick<NegativeEntries, 'getLocal'>;
  private readonly store: TaskStore;
  private readonly negativeEntries: NegativeEntries;
  private readonly locks: FillLocks;
  private readonly fills: Fills;
  private readonly purges: Purges;
  private readonly logger = new Logger('TaskCache');
  private readonly environment: CacheEnvironment;
  private readonly redis: RedisStore | null;
  private readonly seal: Seal;
  private mismatches = 0;
  private warnedAt = -Infinity;

  /** @throws Error for Redis settings that cannot be used */
  constructor(options: CacheOptions = {}, environment: Partial<CacheEnvironment> = {}) {
    const { secret, checks, tellSiblings, ...settings } = { ...ALONE, ...new CacheSettings(), ...options };
    this.environment = { ...ENVIRONMENT, ...environment };
    const { now, random } = this.environment;
    this.seal = new Seal(secret, settings.redis?.keyPrefix ?? '');
    this.redis = settings.redis === undefined ? null : this.storeIn(settings.redis);
    const onMismatch = (): void => this.onMismatch();
    const context: StoreContext = { now, random, seal: this.seal, checks, onMismatch };
    this.purges = new Purges(this.redis, Math.max(maxTtlMsOf(settings), MAX_PROOF_MS), context, tellSiblings);
    this.store = new TaskStore(settings, context, this.redis, this.purges);
    this.tasks = this.store;
    this.proofs = new Proofs(context, this.redis, this.purges);
    this.negativeEntries = new NegativeEntries(context, this.redis, this.purges);
    this.negatives = this.negativeEntries;
    this.locks = new FillLocks(this.redis, now);
    this.fills = new Fills(this.store, this.negativeEntries, this.locks, now);
    this.redis?.subscribe(
      EVENTS_CHANNEL,
      (message) => this.onMessage(message),
      () => this.sync(),
    );
  }

  /**
   * Answers about a task that is not stored, or not to the caller's liking: with what `fetch` brings, once for all of a
   * partition that ask at one time in any replica, or with what another replica stores meanwhile. What comes of it is stored.
   * @param fetch asks the upstream; its signal aborts when nobody waits any more
   * @returns `shared` where another of this process had asked already
   * @throws what `fetch` throws, to all who share it; the signal's reason
   */
  fill<Fetched extends FetchedTask>(
    address: TaskAddress,
    options: FillOptions,
    fetch: Fetch<Fetched>,
  ): Promise<Filled<Fetched> & { readonly shared: boolean }> {
    return this.fills.fill(address, options, fetch);
  }

  /**
   * Tells when another version of a task may be stored, here or by another replica. A hint to look into the store, and no
   * more: it may be missed, forged, come twice or in floods, so it is for the listener to look once for many. No question to
   * the upstream may follow from it.
   * @param listener called with the key of the address at once, while the answer is being stored: it must not throw
   */
  onChange(listener: (key: string) => void): void {
    this.store.onChange = listener;
  }

  /** Starts to connect. Nobody waits for it: until Redis is there, and whenever it is not, memory is all there is. */
  onModuleInit(): void {
    if (this.redis !== null && !this.seal.isKeyed)
      this.logger.warn(
        'Redis is trusted: whoever can write to it can forge answers. With access.principalSecret they are ' +
          "authenticated, and replicas share the proofs of callers' tokens",
      );
    this.redis?.start();
    this.purges.start();
    this.proofs.revocations.start();
  }

  /** Runs after the HTTP server has closed, so the last requests still have their cache. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /**
   * Voids what is stored, here and in the siblings of this process at once, in other replicas within a second.
   * @returns false where Redis did not take it, and other replicas merge it when it is back, or a sibling has not answered
   * @throws RangeError when too many purges are remembered already
   */
  async purge(target: PurgeTarget): Promise<boolean> {
    const published = this.purges.purge(target);
    // Before others know: what is asked for from now on stays.
    if (target.kind === 'task') this.store.delete(target.address);
    return published;
  }

  /** Voids what a sibling has purged. @param message what it told */
  mergePurge(message: string): void {
    this.purges.onMessage(message);
  }

  health(): CacheHealth {
    if (this.redis === null) return { redis: 'not-configured' };
    return { redis: this.redis.up ? 'up' : 'down' };
  }

  counters(): CacheCounters {
    return { mismatches: this.mismatches, ...(this.redis?.counts ?? NO_REDIS) };
  }

  /** What is remembered in this process, and what it was of use for, by kind. */
  stats(): Readonly<Record<CacheKind, StoreStats>> {
    return { tasks: this.store.stats(), negatives: this.negativeEntries.stats(), proofs: this.proofs.stats() };
  }

  /** Resolves when all writes in the background have ended, one way or the other. */
  async settled(): Promise<void> {
    await this.redis?.settled();
  }

  /** Ends pending writes and leaves Redis, in bounded time. Memory goes on answering. */
  async close(): Promise<void> {
    this.purges.stop();
    this.proofs.revocations.stop();
    await this.redis?.close();
  }

  /** Messages may have been missed. */
  private sync(): void {
    void this.purges.sync();
    void this.proofs.revocations.sync();
  }

  private onMessage(message: string): void {
    if (message.startsWith(PURGE_MESSAGE)) this.purges.onMessage(message);
    else if (message.startsWith(REVOKED_MESSAGE)) this.proofs.revocations.onMessage(message);
    else if (message.startsWith(CHANGED_MESSAGE)) this.store.onChanged(message);
    else this.locks.onReleased(message);
  }

  /** Not for each: who forges many would fill the log. */
  private onMismatch(): void {
    this.mismatches += 1;
    const now = performance.now();
    if (now - this.warnedAt < WARN_MS) return;
    this.warnedAt = now;
    this.logger.warn(
      `Redis held something that no gateway with this secret wrote there: ${this.mismatches} since the start. ` +
        'It was forged or damaged, or the secret has changed. It is not used',
    );
  }

  private storeIn(settings: RedisSettings): RedisStore {
    const { keyPrefix = '' } = settings;
    // The first brace in a key opens its hash tag: a prefix with one would put all entries into one slot.
    if (/[{}]/.test(keyPrefix)) throw new Error('The Redis key prefix has a brace in it');
    const listener = logged(this.logger, () => this.sync());
    return new RedisStore(this.environment.openRedis(settings), keyPrefix, listener, this.environment.now);
  }
}

/** Offers the {@link TaskCache}. */
@Module({})
export class CacheModule {
  /** @throws Error for Redis settings that cannot be used, when the application is created */
  static register(options: CacheOptions = {}): DynamicModule {
    return {
      module: CacheModule,
      providers: [{ provide: TaskCache, useFactory: () => new TaskCache(options) }],
      exports: [TaskCache],
    };
  }
}
