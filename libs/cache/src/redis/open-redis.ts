import type { RedisSettings } from '../cache-settings.js';
import type { OpenRedis } from '../redis-connection.js';
import { openStandaloneRedis } from './standalone.js';

/**
 * How to connect to this Redis, whatever its topology.
 * @throws Error for settings that cannot be used; its message repeats none of them
 */
export function openRedis(settings: RedisSettings): OpenRedis {
  return (listener) => openStandaloneRedis(settings, listener);
}
