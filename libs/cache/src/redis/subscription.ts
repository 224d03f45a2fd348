import type { Redis } from 'ioredis';
import { RedisRefusal } from '../redis-connection.js';
import { keepConnected } from './keep-connected.js';
import type { Link } from './keep-connected.js';
import { worded } from './worded.js';

/** Milliseconds between two questions whether the server is still there: one that vanished sends no goodbye. */
const HEARTBEAT_MS = 1_000;

export interface Hearing {
  readonly channel: string;
  readonly onMessage: (message: string) => void;
  /** The subscription begins, or begins again. */
  readonly onReset: () => void;
}

/**
 * Subscribes to a channel, again after every loss.
 * @param create makes a client that does not connect by itself
 * @param onRefused told the word by which the server refuses, and `null` when it does not
 */
export function subscription(
  create: () => Redis,
  { channel, onMessage, onReset }: Hearing,
  onRefused: (word: string | null) => void = () => undefined,
): Link<Redis> {
  const link = keepConnected(create, {
    inspect: async (client) => {
      client.on('message', (_channel: string, message: string) => {
        if (client === link.current()) onMessage(message);
      });
      await client.subscribe(channel);
    },
    onReady: (client) => {
      onRefused(null);
      onReset();
      void attend(client).catch((error: unknown) => {
        if (client === link.current()) link.reconnect(error);
      });
    },
    onLost: (error) => {
      const reason = worded(error);
      if (reason instanceof RedisRefusal) onRefused(reason.word);
    },
  });
  return link;
}

/** Ends, with a rejection, when the server does not answer or the client has gone. */
async function attend(client: Redis): Promise<never> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS).unref());
    await client.ping();
  }
}
