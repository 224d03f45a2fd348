import type { OpenRedis, RedisSettings } from '@gateway/redis';
import type { TaskAddress } from '@gateway/tasks';
import type { Seal } from './seal.js';
import type { StoredTask } from './task-entry.js';

/** Why there was no answer, as the gateway words it: JSON, and opaque here. */
export type NegativeEntry = Readonly<Record<string, unknown>>;

/** What only the gateway knows of its entries: asked about each that was read from Redis, before it is used. */
export interface EntryChecks {
  /** @param isOurs whether who wrote it knows the secret */
  readonly task: (stored: StoredTask, address: TaskAddress, isOurs: boolean) => boolean;
  readonly negative: (entry: NegativeEntry) => boolean;
}

export interface CacheSettings {
  /** Memory for entries, in bytes of their JSON; the least recently used ones leave first. */
  readonly memoryBytes: number;
  /** Entries whose JSON has more bytes are stored nowhere. */
  readonly maxEntryBytes: number;
  /** Seconds that an entry lives at most, whatever is asked for. */
  readonly maxTtlSeconds: number;
  /** Null keeps final answers in this process only. */
  readonly redis: RedisSettings | null;
  /**
   * Authenticates what lies in Redis, at least 32 characters and the same in all replicas. Null trusts Redis: proofs then
   * stay in the process.
   */
  readonly secret: string | null;
  readonly checks: EntryChecks;
}

export const DEFAULT_CACHE_SETTINGS: CacheSettings = {
  memoryBytes: 128 * 1024 * 1024,
  maxEntryBytes: 64 * 1024 * 1024,
  maxTtlSeconds: 86_400,
  redis: null,
  secret: null,
  checks: { task: () => true, negative: () => true },
};

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
