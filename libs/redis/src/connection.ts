import type { Cluster, Redis } from 'ioredis';
import { commandsOf } from './commands.js';
import { sanitized } from './errors.js';
import { ReconnectingClient } from './reconnecting-client.js';
import type { ConnectionListener, RedisConnection } from './redis-connection.js';
import { subscription } from './subscription.js';

/** What the topologies do not share. */
export interface Topology<Client extends Redis | Cluster> {
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
