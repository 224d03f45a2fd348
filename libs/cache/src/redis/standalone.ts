import { Redis } from 'ioredis';
import type { StandaloneRedisSettings } from '../cache-settings.js';
import type { OpenRedis } from '../redis-connection.js';
import { readRedisUrl } from './address.js';
import { CLIENT_OPTIONS, CONNECT_MS } from './client-options.js';
import { connectionBy } from './connection.js';
import { tlsOptions } from './tls.js';

/** One server. @throws Error for settings that cannot be used */
export function standaloneRedis({ url, tls, commandMs }: StandaloneRedisSettings): OpenRedis {
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
