import { Redis } from 'ioredis';
import { readRedisUrl } from '../address.js';
import { CLIENT_OPTIONS, CONNECT_MS } from '../client-options.js';
import { connectionBy } from '../connection.js';
import type { OpenRedis } from '../redis-connection.js';
import type { RedisSettings, StandaloneRedisSettings } from '../settings.js';
import { tlsOptions } from '../tls.js';
import { clusterRedis } from './cluster.js';
import { sentinelRedis } from './sentinel.js';

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

/** One server. @throws Error for settings that cannot be used */
function standaloneRedis({ url, tls, commandMs }: StandaloneRedisSettings): OpenRedis {
  const { isTls, ...address } = readRedisUrl(url);
  const secure = tls ?? (isTls ? true : undefined);
  const options = {
    ...CLIENT_OPTIONS,
    ...address,
    ...(secure === undefined ? {} : { tls: tlsOptions(secure) }),
  };
  const create = (): Redis => new Redis(options);
  const createSubscriber = (): Redis => new Redis({ ...options, commandTimeout: CONNECT_MS });
  return (listener) => connectionBy({ create, createSubscriber, commandMs }, listener);
}
