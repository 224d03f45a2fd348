import type { Redis } from 'ioredis';
import { RedisReplyError, sanitized } from './errors.js';
import { ReconnectingClient } from './reconnecting-client.js';

/** Milliseconds between two pings: a server that vanished sends no goodbye. */
const HEARTBEAT_MS = 1_000;

export interface Subscriber {
  readonly channel: string;
  readonly onMessage: (message: string) => void;
  /** The subscription begins, or begins again: messages may have been missed. */
  readonly onReset: () => void;
  /** The server does not let us subscribe, and says so by this word; `null` when it does. */
  readonly onRefused?: (word: string | null) => void;
}

/**
 * Subscribes to a channel, again after every loss.
 * @param create makes a client that does not connect by itself
 */
export function subscription(
  create: () => Redis,
  { channel, onMessage, onReset, onRefused }: Subscriber,
): ReconnectingClient<Redis> {
  const subscriber = new ReconnectingClient(create, {
    inspect: async (client) => {
      client.on('message', (_channel: string, message: string) => {
        if (client === subscriber.current) onMessage(message);
      });
      await client.subscribe(channel);
    },
    onReady: (client) => {
      onRefused?.(null);
      onReset();
      void heartbeat(client).catch((error: unknown) => {
        if (client === subscriber.current) subscriber.reconnect(error);
      });
    },
    onLost: (error) => {
      const reason = sanitized(error);
      if (reason instanceof RedisReplyError) onRefused?.(reason.word);
    },
  });
  return subscriber;
}

/** Ends, with a rejection, when the server does not answer or the client has gone. */
async function heartbeat(client: Redis): Promise<never> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS).unref());
    await client.ping();
  }
}
