import type { Redis } from 'ioredis';
import { RedisRefusal } from '../redis-connection.js';
import type { ConnectionListener } from '../redis-connection.js';
import { reconnectDelay } from './client-options.js';
import { worded } from './commands.js';

/** Milliseconds between two questions whether the server is still there: one that vanished sends no goodbye. */
const HEARTBEAT_MS = 1_000;

export interface Subscription {
  readonly start: () => void;
  readonly close: () => void;
}

/** What is heard, and by whom. */
export interface Hearing {
  readonly channel: string;
  readonly onMessage: (message: string) => void;
  readonly onReset: () => void;
}

/**
 * Subscribes to a channel, again and again.
 * @param open makes an unconnected client that does not reconnect by itself; each attempt has its own
 */
export function subscription(
  open: () => Redis,
  { channel, onMessage, onReset }: Hearing,
  { onMessagesRefused }: Pick<ConnectionListener, 'onMessagesRefused'>,
): Subscription {
  let client: Redis | undefined;
  let retry: NodeJS.Timeout | undefined;
  let attempt = 0;
  let closed = false;

  async function listen(own: Redis): Promise<void> {
    await own.connect();
    await own.subscribe(channel);
    if (closed) return;
    onMessagesRefused(null);
    onReset();
    // Fails when this client ends, in one way or the other.
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS).unref());
      await own.ping();
      attempt = 0;
    }
  }

  function start(): void {
    const own = open();
    client = own;
    own.on('error', () => undefined);
    own.on('message', (_channel: string, message: string) => {
      if (!closed) onMessage(message);
    });
    own.once('end', () => {
      if (closed) return;
      attempt += 1;
      retry = setTimeout(start, reconnectDelay(attempt)).unref();
    });
    listen(own).catch((error: unknown) => {
      const reason = worded(error);
      if (!closed && reason instanceof RedisRefusal) onMessagesRefused(reason.word);
      own.disconnect();
    });
  }

  return {
    start,
    close: () => {
      closed = true;
      clearTimeout(retry);
      client?.disconnect();
    },
  };
}
