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
