import type { Cluster, Redis } from 'ioredis';
import { commandsOf } from './commands.js';
import type { RedisCommands } from './commands.js';
import { RedisReplyError, sanitized } from './errors.js';
import { ReconnectingClient } from './reconnecting-client.js';

/** Called as often as the connection comes and goes. */
export interface ConnectionListener {
  /** Connected, logged in, and the data is loaded. */
  readonly onReady: () => void;
  /** Lost, or an attempt to connect failed; `error` is why, where that is known. */
  readonly onLost: (error: unknown) => void;
  /** The server does not let us subscribe, and says so by this word; `null` when it does. */
  readonly onMessagesRefused: (word: string | null) => void;
}

/** The few things that are asked of Redis, whatever its topology. */
export interface RedisConnection extends RedisCommands {
  /**
   * Subscribes to a channel on a connection of its own, from the start to the end of this one. Messages are lost while that
   * connection is; called before {@link start}.
   * @param onReset the subscription begins or begins again: messages may have been missed
   */
  readonly subscribe: (channel: string, onMessage: (message: string) => void, onReset: () => void) => void;
  /** Starts to connect and never gives up. */
  readonly start: () => void;
  /** Drops the connection for a new one. */
  readonly reconnect: () => void;
  /** Hangs up: politely on a server that listens, and in bounded time on any other. */
  readonly close: () => Promise<void>;
}

/** Makes a connection that is not started yet. */
export type OpenRedis = (listener: ConnectionListener) => RedisConnection;

/** What the topologies do not share. */
interface Topology<Client extends Redis | Cluster> {
  /** Makes a client that does not connect by itself. */
  readonly create: () => Client;
  /** Rejects for a server that is not the one to be used. */
  readonly inspect?: (client: Client) => Promise<void>;
  /** {@link create} for a subscription. @param client the one for commands, as far as there is one */
  readonly createSubscriber: (client: Client | undefined) => Redis;
  readonly commandMs?: number;
  /** Watches for another primary. */
  readonly watch?: (onChange: () => void) => readonly ReconnectingClient<Redis>[];
}

/** A connection by way of a topology. */
export function connectionBy<Client extends Redis | Cluster>(
  { create, inspect, createSubscriber, commandMs, watch }: Topology<Client>,
  listener: ConnectionListener,
): RedisConnection {
  const client = new ReconnectingClient(create, {
    inspect: inspect ?? (async () => undefined),
    onReady: ({ options }) => {
      // The client's own time was for connecting: a second timer for each command is of no use.
      if ('commandTimeout' in options) delete options.commandTimeout;
      listener.onReady();
    },
    onLost: (error) => listener.onLost(sanitized(error)),
  });
  const subscriptions: ReconnectingClient<Redis>[] = [];
  const watchers =
    watch?.(() => {
      for (const each of [client, ...subscriptions]) each.reconnect();
    }) ?? [];
  const all = () => [client, ...subscriptions, ...watchers];
  return {
    ...commandsOf(() => client.current, commandMs),
    subscribe: (channel, onMessage, onReset) => {
      const subscriber = { channel, onMessage, onReset, onRefused: listener.onMessagesRefused };
      subscriptions.push(subscription(() => createSubscriber(client.current), subscriber));
    },
    start: () => {
      for (const each of all()) each.start();
    },
    reconnect: () => client.reconnect(),
    close: async () => {
      await Promise.all(all().map((each) => each.close()));
    },
  };
}

/** Milliseconds between two pings: a server that vanished sends no goodbye. */
const HEARTBEAT_MS = 1_000;

interface Subscriber {
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
