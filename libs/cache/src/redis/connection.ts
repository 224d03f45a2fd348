import type { Cluster, Redis } from 'ioredis';
import type { ConnectionListener, RedisConnection } from '../redis-connection.js';
import { commandsOf } from './commands.js';
import { keepConnected } from './keep-connected.js';
import type { Link } from './keep-connected.js';
import { subscription } from './subscription.js';
import { worded } from './worded.js';

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
  readonly watch?: (onNews: () => void) => readonly Link<Redis>[];
}

/** A connection by way of a topology. */
export function connectionBy<Client extends Redis | Cluster>(
  { create, inspect, createSubscriber, commandMs, watch }: Topology<Client>,
  listener: ConnectionListener,
): RedisConnection {
  const link = keepConnected(create, {
    inspect: inspect ?? (async () => undefined),
    onReady: ({ options }) => {
      // The client's own time was for connecting: a second timer for each command is of no use.
      if ('commandTimeout' in options) delete options.commandTimeout;
      listener.onReady();
    },
    onLost: (error) => {
      listener.onLost(worded(error));
    },
  });
  const subscriptions: Link<Redis>[] = [];
  const watchers = watch?.(() => {
    for (const { reconnect } of [link, ...subscriptions]) reconnect();
  });
  const all = (): readonly Pick<Link<unknown>, 'start' | 'close'>[] => [link, ...subscriptions, ...(watchers ?? [])];
  return {
    ...commandsOf(link.current, commandMs),
    subscribe: (channel, onMessage, onReset) => {
      const create = (): Redis => createSubscriber(link.current());
      subscriptions.push(subscription(create, { channel, onMessage, onReset }, listener.onMessagesRefused));
    },
    start: () => {
      for (const { start } of all()) start();
    },
    reconnect: () => {
      link.reconnect();
    },
    close: async () => {
      await Promise.all(all().map(({ close }) => close()));
    },
  };
}
