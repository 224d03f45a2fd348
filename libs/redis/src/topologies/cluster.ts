import { Cluster, Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { ClusterRedisSettings } from '../settings.js';
import type { OpenRedis } from '../redis-connection.js';
import { readRedisAddress, shuffled } from '../address.js';
import { CLIENT_OPTIONS, CONNECT_MS } from '../client-options.js';
import { connectionBy } from '../connection.js';
import { tlsOptions } from '../tls.js';

/** Milliseconds before a script whose keys are just being moved is run again. */
const TRY_AGAIN_MS = 20;

/** All primaries of a cluster. @throws Error for settings that cannot be used */
export function clusterRedis({ nodes, username, password, tls, commandMs }: ClusterRedisSettings): OpenRedis {
  const seeds = nodes.map(readRedisAddress);
  const options: RedisOptions = {
    ...CLIENT_OPTIONS,
    username,
    password,
    // Commands have their own time; this one is for logging in and for asking who has which slots.
    commandTimeout: CONNECT_MS,
    ...(tls === undefined ? {} : { tls: tlsOptions(tls) }),
  };
  const create = (): Cluster => {
    const cluster = new Cluster(shuffled(seeds), {
      redisOptions: options,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      lazyConnect: true,
      slotsRefreshTimeout: CONNECT_MS,
      clusterRetryStrategy: () => null,
      maxRedirections: 3,
      retryDelayOnMoved: 0,
      retryDelayOnTryAgain: TRY_AGAIN_MS,
      // Neither is over within the time of a command.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      // Each connection looks its host up: one that has no address takes no other with it, and certificates name hosts.
      dnsLookup: (host, callback) => {
        callback(null, host);
      },
    });
    cluster.on('+node', ignoreAskingError);
    return cluster;
  };
  const createSubscriber = (cluster: Cluster | undefined): Redis => {
    // What is published at one node is heard at all of them.
    const known = (cluster?.nodes() ?? []).map(({ options: { host, port } }) => ({ host, port }));
    return new Redis({ ...options, ...shuffled(known.length === 0 ? seeds : known)[0] });
  };
  return (listener) => connectionBy({ create, inspect: allServe, createSubscriber, commandMs }, listener);
}

/** With one primary away every other key would fail, in turn: until it is replaced, the cluster is away as a whole. */
async function allServe(cluster: Cluster): Promise<void> {
  await Promise.all(cluster.nodes('master').map((node) => node.ping()));
}

/** The client announces a redirected command with ASKING and forgets that: its failure would end the process. */
function ignoreAskingError(node: Redis): void {
  const asking = node.asking.bind(node);
  node.asking = () => {
    const announced = asking();
    announced.catch(() => undefined);
    return announced;
  };
}
