import type { OpenRedis, RedisSettings } from '@gateway/redis';
import type { EntryChecks } from './entry-checks.js';
import type { Seal } from './seal.js';

/** What tests replace. */
export interface CacheEnvironment {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly openRedis: (settings: RedisSettings) => OpenRedis;
}

/** What the stores of one cache have in common. */
export interface StoreContext extends Pick<CacheEnvironment, 'now' | 'random'> {
  readonly seal: Seal;
  readonly checks: EntryChecks;
  /** Something in Redis was not what its name promised. */
  readonly onMismatch: () => void;
}
