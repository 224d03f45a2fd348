import type { RedisOptions } from 'ioredis';
import { connectorBy } from './connector.js';

/** Milliseconds. What one request may lose to a Redis that does not answer, unless the settings say otherwise. */
export const COMMAND_MS = 150;
/** Milliseconds. What may take a while, because nobody waits for it: connecting, logging in, looking around. */
export const CONNECT_MS = 1_000;
/** Milliseconds between hanging up politely and destroying the socket. */
export const HANG_UP_MS = 100;
const RECONNECT_BASE_MS = 50;
const RECONNECT_CAP_MS = 5_000;

/**
 * A command that cannot be sent or answered now is a miss now: nothing waits for a connection, nothing is repeated, and
 * a client whose connection is lost is thrown away.
 */
export const CLIENT_OPTIONS = {
  Connector: connectorBy(),
  connectTimeout: CONNECT_MS,
  // Of what the client itself sends; ours have less.
  commandTimeout: CONNECT_MS,
  disconnectTimeout: HANG_UP_MS,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  // Whether the server serves is seen by the first read, which needs no permission to look around.
  enableReadyCheck: false,
  // Nor does it introduce itself.
  disableClientInfo: true,
  lazyConnect: true,
  retryStrategy: () => null,
} as const satisfies RedisOptions;

/** Milliseconds. Doubles up to the cap, and spreads the gateways that lost the same server over the upper half of each step. */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  const step = Math.min(RECONNECT_CAP_MS, RECONNECT_BASE_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(step / 2 + (step / 2) * random());
}
