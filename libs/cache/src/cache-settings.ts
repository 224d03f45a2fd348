import type { RedisSettings } from '@gateway/redis';
import type { EntryChecks } from './entry-checks.js';

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
  checks: { task: () => true, refusal: () => true },
};
