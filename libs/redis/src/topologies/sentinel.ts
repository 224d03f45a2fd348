import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { SentinelRedisSettings } from '../settings.js';
import type { OpenRedis } from '../redis-connection.js';
import { readRedisAddress, shuffled } from '../address.js';
import type { RedisAddress } from '../address.js';
import { CLIENT_OPTIONS, CONNECT_MS, connectorBy } from '../client-options.js';
import { connectionBy } from '../connection.js';
import { subscription } from '../subscription.js';
import { tlsOptions } from '../tls.js';
import { sanitized } from '../errors.js';

/** The primary that Sentinels name. @throws Error for settings that cannot be used */
export function sentinelRedis(settings: SentinelRedisSettings): OpenRedis {
  const { master, username, password, sentinelUsername, sentinelPassword, db = 0, commandMs } = settings;
  const sentinels = settings.sentinels.map(readRedisAddress);
  const common: RedisOptions = {
    ...CLIENT_OPTIONS,
    ...(settings.tls === undefined ? {} : { tls: tlsOptions(settings.tls) }),
  };
  const askSentinel = (sentinel: RedisAddress): Redis =>
    new Redis({
      ...common,
      ...sentinel,
      username: sentinelUsername,
      password: sentinelPassword,
      commandTimeout: CONNECT_MS,
    });
  const options: RedisOptions = {
    ...common,
    Connector: connectorBy(() =>
      locate(
        master,
        shuffled(sentinels).map((sentinel) => () => askSentinel(sentinel)),
      ),
    ),
    username,
    password,
    db,
  };
  const create = (): Redis => new Redis(options);
  const createSubscriber = (): Redis => new Redis({ ...options, commandTimeout: CONNECT_MS });
  const watch = (onChange: () => void) => {
    const onMessage = (message: string): void => {
      // Name, old and new address: a Sentinel may watch over others, too.
      if (message.startsWith(`${master} `)) onChange();
    };
    const subscriber = { channel: '+switch-master', onMessage, onReset: () => undefined };
    return sentinels.map((sentinel) => subscription(() => askSentinel(sentinel), subscriber));
  };
  return (listener) => connectionBy({ create, inspect: isPrimary, createSubscriber, commandMs, watch }, listener);
}

/** Asks one after the other; what is thrown has a code that says what was wrong with the last. */
async function locate(master: string, sentinels: readonly (() => Redis)[]): Promise<RedisAddress> {
  let code = '';
  for (const open of sentinels) {
    const sentinel = open();
    let reason: unknown;
    sentinel.on('error', (error: unknown) => {
      reason = error;
    });
    try {
      await sentinel.connect();
      const found = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master);
      if (Array.isArray(found)) return { host: String(found[0]), port: Number(found[1]) };
      code = 'SENTINEL_UNKNOWN_MASTER';
    } catch (error) {
      const known = sanitized(reason ?? error) as Error & { readonly word?: string; readonly code?: string };
      code = `SENTINEL_${known.word ?? known.code ?? 'AWAY'}`;
    } finally {
      sentinel.disconnect();
    }
  }
  throw Object.assign(new Error('No Sentinel names a primary'), { code });
}

/** A Sentinel may not have heard yet that what it names has become a replica. */
async function isPrimary(client: Redis): Promise<void> {
  const [role] = (await client.role()) as readonly unknown[];
  if (role !== 'master') throw Object.assign(new Error('Not the primary'), { code: 'NOT_PRIMARY' });
}
