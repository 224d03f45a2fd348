import type { EntryChecks } from './entry-checks.js';

/** Certificates are always verified; there is nothing that turns it off. */
export interface RedisTlsSettings {
  /** PEM file of the authorities that are trusted instead of the usual ones; read when the connection is made. */
  readonly caFile?: string;
  /** Host name that certificates are for and that servers are asked for, where it is not the one connected to. */
  readonly serverName?: string;
}

interface AnyRedisSettings {
  /** Put before every key and channel, so that several gateways can share a server. Braces belong to the hash tag. */
  readonly keyPrefix?: string;
  /** Milliseconds that one request may lose to a Redis that does not answer; 150 if left out. */
  readonly commandMs?: number;
  readonly tls?: true | RedisTlsSettings;
}

/** One Redis server, or a proxy that looks like one. */
export interface StandaloneRedisSettings extends AnyRedisSettings {
  readonly kind: 'standalone';
  /** `redis://` or, over TLS, `rediss://[user[:password]@]host[:port][/db]`. */
  readonly url: string;
}

/** A primary that Sentinels watch over, and replace when it fails. */
export interface SentinelRedisSettings extends AnyRedisSettings {
  readonly kind: 'sentinel';
  /** `host:port` of each Sentinel. */
  readonly sentinels: readonly string[];
  /** What the Sentinels call the primary. */
  readonly master: string;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly db?: number;
}

/** Redis Cluster; any of its nodes tells the others. */
export interface ClusterRedisSettings extends AnyRedisSettings {
  readonly kind: 'cluster';
  /** `host:port` of some nodes. */
  readonly nodes: readonly string[];
  readonly username?: string;
  readonly password?: string;
}

/** How Redis is reached. Tagged: a further topology is a further member with its own opener. */
export type RedisSettings = StandaloneRedisSettings | SentinelRedisSettings | ClusterRedisSettings;

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
