import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { SentinelRedisSettings } from '../cache-settings.js';
import type { OpenRedis } from '../redis-connection.js';
import { readRedisAddress } from './address.js';
import { CLIENT_OPTIONS, CONNECT_MS } from './client-options.js';
import { connectionBy } from './connection.js';
import { shuffled } from './shuffled.js';
import { subscription } from './subscription.js';
import { tlsOptions } from './tls.js';

/** The primary that Sentinels name. @throws Error for settings that cannot be used */
export function sentinelRedis(settings: SentinelRedisSettings): OpenRedis {
  const { master, username, password, sentinelUsername, sentinelPassword, db = 0 } = settings;
  const sentinels = settings.sentinels.map(readRedisAddress);
  const tls = settings.tls === undefined ? undefined : tlsOptions(settings.tls);
  const options: RedisOptions = {
    ...CLIENT_OPTIONS,
    name: master,
    username,
    password,
    sentinelUsername,
    sentinelPassword,
    db,
    sentinelCommandTimeout: CONNECT_MS,
    sentinelRetryStrategy: () => null,
    // Those that are configured are asked, and nobody whom they may name.
    updateSentinels: false,
    ...(tls === undefined ? {} : { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
  const create = (): Redis => new Redis({ ...options, sentinels: shuffled(sentinels) });
  const createSubscriber = (): Redis =>
    new Redis({ ...options, sentinels: shuffled(sentinels), commandTimeout: CONNECT_MS });
  const createWatcher = (sentinel: RedisOptions) => (): Redis =>
    new Redis({
      ...CLIENT_OPTIONS,
      ...sentinel,
      username: sentinelUsername,
      password: sentinelPassword,
      commandTimeout: CONNECT_MS,
      ...(tls === undefined ? {} : { tls }),
    });
  const watch = (onNews: () => void) => {
    const onMessage = (message: string): void => {
      // Name, old and new address: a Sentinel may watch over others, too.
      if (message.startsWith(`${master} `)) onNews();
    };
    const hearing = { channel: '+switch-master', onMessage, onReset: () => undefined };
    return sentinels.map((sentinel) => subscription(createWatcher(sentinel), hearing));
  };
  return (listener) => connectionBy({ create, inspect: isPrimary, createSubscriber, watch }, listener);
}

/** A Sentinel may not have heard yet that what it names has become a replica. */
async function isPrimary(client: Redis): Promise<void> {
  const [role] = (await client.role()) as readonly unknown[];
  if (role !== 'master') throw Object.assign(new Error('Not the primary'), { code: 'NOT_PRIMARY' });
}
