import type { RedisSettings } from './cache-settings.js';
import type { OpenRedis } from './redis-connection.js';

/** What tests replace. */
export interface CacheEnvironment {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly openRedis: (settings: RedisSettings) => OpenRedis;
}
