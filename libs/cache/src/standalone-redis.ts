import { Redis, ReplyError } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { StandaloneRedisSettings } from './cache-settings.js';
import { RedisRefusal } from './redis-connection.js';
import type { ConnectionListener, RedisConnection } from './redis-connection.js';

/** Milliseconds. What one request may lose to a Redis that does not answer. */
const COMMAND_MS = 150;
const CONNECT_MS = 1_000;
/** Milliseconds between hanging up politely and destroying the socket. */
const HANG_UP_MS = 100;
const RECONNECT_BASE_MS = 50;
const RECONNECT_CAP_MS = 5_000;

/**
 * A connection to one server.
 * @throws Error for settings that cannot be used; its message does not repeat them, because a URL holds a password
 */
export function openStandaloneRedis(settings: StandaloneRedisSettings, listener: ConnectionListener): RedisConnection {
  const client = new Redis({
    ...addressOf(settings.url),
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    disconnectTimeout: HANG_UP_MS,
    // A command that cannot be sent or answered now is a miss now. Nothing waits for a connection, nothing is repeated.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxLoadingRetryTime: 1_000,
    lazyConnect: true,
    retryStrategy: reconnectDelay,
  });
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
    get: (name) => client.get(name).catch(rethrowWorded),
    set: async (name, text, ttlMs) => {
      await client.set(name, text, 'PX', ttlMs).catch(rethrowWorded);
    },
    delete: async (name) => {
      await client.del(name).catch(rethrowWorded);
    },
    start: () => {
      // What comes of it is told by the events.
      client.connect().catch(() => undefined);
    },
    reconnect: () => {
      client.disconnect(true);
    },
    close: async () => {
      // Bounded by the command timeout; a frozen server is hung up on.
      if (client.status === 'ready') await client.quit().catch(() => undefined);
      client.disconnect();
    },
  };
}

/** Doubles up to the cap, and spreads the gateways that lost the same server over the upper half of each step. */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  const step = Math.min(RECONNECT_CAP_MS, RECONNECT_BASE_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(step / 2 + (step / 2) * random());
}

/** Read here and not by the client, which would take any of its options from the query of a URL. */
export function addressOf(url: string): RedisOptions {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const db = parsed === null ? null : /^\/?(\d{0,5})$/.exec(parsed.pathname);
  if (parsed === null || db === null || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new Error('The Redis URL is not of the form redis://[user[:password]@]host[:port][/db]');
  }
  if (parsed.search !== '' || parsed.hash !== '') throw new Error('The Redis URL has a query or a fragment');
  const password = decode(parsed.password);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 6379),
    db: Number(db[1]),
    ...(password === '' ? {} : { password, username: decode(parsed.username) || undefined }),
    ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('The Redis URL has a user or password that is not percent-encoded');
  }
}

/** An error of the client carries the command with its arguments, keys, values and passwords: it goes no further. */
function worded(error: unknown): unknown {
  if (!(error instanceof ReplyError)) return error;
  return new RedisRefusal(/^[A-Z]+(?= |$)/.exec((error as Error).message)?.[0] ?? 'ERR');
}

function rethrowWorded(error: unknown): never {
  throw worded(error);
}
