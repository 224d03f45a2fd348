/** One Redis server, or a proxy that looks like one. */
export interface StandaloneRedisSettings {
  readonly kind: 'standalone';
  /** `redis://` or, over TLS, `rediss://[user[:password]@]host[:port][/db]`. */
  readonly url: string;
  /** Put before every key, so that several gateways can share a server. Without braces: those belong to the hash tag. */
  readonly keyPrefix?: string;
}

/** How Redis is reached. Tagged: a further topology is a further member with its own opener. */
export type RedisSettings = StandaloneRedisSettings;

export interface CacheSettings {
  /** Memory for entries, in bytes of their JSON; the least recently used ones leave first. */
  readonly memoryBytes: number;
  /** Entries whose JSON has more bytes are stored nowhere. */
  readonly maxEntryBytes: number;
  /** Seconds that an entry lives at most, whatever is asked for. */
  readonly maxTtlSeconds: number;
  /** Null keeps final answers in this process only. */
  readonly redis: RedisSettings | null;
}

export const DEFAULT_CACHE_SETTINGS: CacheSettings = {
  memoryBytes: 128 * 1024 * 1024,
  maxEntryBytes: 64 * 1024 * 1024,
  maxTtlSeconds: 86_400,
  redis: null,
};
