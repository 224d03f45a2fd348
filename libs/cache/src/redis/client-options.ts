import type { RedisOptions } from 'ioredis';

/** Milliseconds. What one request may lose to a Redis that does not answer. */
export const COMMAND_MS = 150;
export const CONNECT_MS = 1_000;
/** Milliseconds between hanging up politely and destroying the socket. */
const HANG_UP_MS = 100;
const RECONNECT_BASE_MS = 50;
const RECONNECT_CAP_MS = 5_000;

/** A command that cannot be sent or answered now is a miss now. Nothing waits for a connection, nothing is repeated. */
export const CLIENT_OPTIONS = {
  connectTimeout: CONNECT_MS,
  // Of what the client itself sends; ours have less.
  commandTimeout: CONNECT_MS,
  disconnectTimeout: HANG_UP_MS,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // Its own repetition has nobody who would hear of a failure.
  autoResubscribe: false,
  maxLoadingRetryTime: 1_000,
  lazyConnect: true,
} as const satisfies RedisOptions;

/** Milliseconds. Doubles up to the cap, and spreads the gateways that lost the same server over the upper half of each step. */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  const step = Math.min(RECONNECT_CAP_MS, RECONNECT_BASE_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(step / 2 + (step / 2) * random());
}
