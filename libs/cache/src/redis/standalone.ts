import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { StandaloneRedisSettings } from '../cache-settings.js';
import type { ConnectionListener, RedisConnection } from '../redis-connection.js';
import { CLIENT_OPTIONS, CONNECT_MS, reconnectDelay } from './client-options.js';
import { commandsOf, worded } from './commands.js';
import { addressOf } from './redis-url.js';
import { subscription } from './subscription.js';
import type { Subscription } from './subscription.js';

/**
 * A connection to one server.
 * @throws Error for settings that cannot be used; its message does not repeat them, because a URL holds a password
 */
export function openStandaloneRedis(settings: StandaloneRedisSettings, listener: ConnectionListener): RedisConnection {
  return openClient(addressOf(settings.url), listener);
}

function openClient(address: RedisOptions, listener: ConnectionListener): RedisConnection {
  const options = { ...address, ...CLIENT_OPTIONS };
  const client = new Redis({ ...options, retryStrategy: reconnectDelay });
  const subscriptions: Subscription[] = [];
  let lastError: unknown;
  client.on('error', (error: unknown) => {
    lastError = error;
  });
  client.on('ready', () => {
    lastError = undefined;
    listener.onReady();
  });
  client.on('close', () => {
    listener.onLost(worded(lastError));
  });
  return {
    ...commandsOf(client),
    subscribe: (channel, onMessage, onReset) => {
      // Nobody waits for it, and a busy moment of ours is no loss: it may take longer than a command.
      const open = (): Redis => new Redis({ ...options, commandTimeout: CONNECT_MS, retryStrategy: () => null });
      subscriptions.push(subscription(open, { channel, onMessage, onReset }, listener));
    },
    start: () => {
      // What comes of it is told by the events.
      client.connect().catch(() => undefined);
      for (const { start } of subscriptions) start();
    },
    reconnect: () => {
      client.disconnect(true);
    },
    close: async () => {
      for (const { close } of subscriptions) close();
      // Bounded by the command timeout; a frozen server is hung up on.
      if (client.status === 'ready') await client.quit().catch(() => undefined);
      client.disconnect();
    },
  };
}
