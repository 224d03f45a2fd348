import type { RedisSettings } from '../cache-settings.js';
import type { OpenRedis } from '../redis-connection.js';
import { clusterRedis } from './cluster.js';
import { sentinelRedis } from './sentinel.js';
import { standaloneRedis } from './standalone.js';

/**
 * How to connect to this Redis, whatever its topology.
 * @throws Error for settings that cannot be used; its message repeats no secret
 */
export function openRedis(settings: RedisSettings): OpenRedis {
  switch (settings.kind) {
    case 'standalone':
      return standaloneRedis(settings);
    case 'sentinel':
      return sentinelRedis(settings);
    case 'cluster':
      return clusterRedis(settings);
    default:
      return settings satisfies never;
  }
}
