import { Cluster, Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { CLIENT_OPTIONS, CONNECT_MS, connectorBy, tlsOptions } from './client-options.js';
import { connectionBy, subscription } from './connection.js';
import type { OpenRedis } from './connection.js';
import { sanitized } from './errors.js';
import { readRedisAddress, readRedisUrl } from './settings.js';
import type {
  ClusterRedisSettings,
  RedisAddress,
  RedisSettings,
  SentinelRedisSettings,
  StandaloneRedisSettings,
} from './settings.js';

/** Milliseconds before a script whose keys are just being moved is run again. */
const TRY_AGAIN_MS = 20;

/**
 * How to connect to this Redis, whatever its topology.
 * @throws Error for settings that cannot be used; its message repeats no secret
 */
export function openRedis(settings: RedisSettings): OpenRedis {
  switch (settings.kind) {
    case 'standalone':
      return standaloneRedis(settings);
    case 'sentinel':
      return sentinelRedis(settings);
    case 'cluster':
      return clusterRedis(settings);
    default:
      return settings satisfies never;
  }
}

/** One server. @throws Error for settings that cannot be used */
function standaloneRedis({ url, tls, commandMs }: StandaloneRedisSettings): OpenRedis {
  const { isTls, ...address } = readRedisUrl(url);
  const secure = tls ?? (isTls ? true : undefined);
  const options = {
    ...CLIENT_OPTIONS,
    ...address,
    ...(secure === undefined ? {} : { tls: tlsOptions(secure) }),
  };
  const create = (): Redis => new Redis(options);
  const createSubscriber = (): Redis => new Redis({ ...options, commandTimeout: CONNECT_MS });
  return (listener) => connectionBy({ create, createSubscriber, commandMs }, listener);
}

/** The primary that Sentinels name. @throws Error for settings that cannot be used */
function sentinelRedis(settings: SentinelRedisSettings): OpenRedis {
  const { master, username, password, sentinelUsername, sentinelPassword, db = 0, commandMs } = settings;
  const sentinels = settings.sentinels.map(readRedisAddress);
  const common: RedisOptions = {
    ...CLIENT_OPTIONS,
    ...(settings.tls === undefined ? {} : { tls: tlsOptions(settings.tls) }),
  };
  const askSentinel = (sentinel: RedisAddress): Redis =>
    new Redis({
      ...common,
      ...sentinel,
      username: sentinelUsername,
      password: sentinelPassword,
      commandTimeout: CONNECT_MS,
    });
  const options: RedisOptions = {
    ...common,
    Connector: connectorBy(() =>
      locate(
        master,
        shuffled(sentinels).map((sentinel) => () => askSentinel(sentinel)),
      ),
    ),
    username,
    password,
    db,
  };
  const create = (): Redis => new Redis(options);
  const createSubscriber = (): Redis => new Redis({ ...options, commandTimeout: CONNECT_MS });
  const watch = (onChange: () => void) => {
    const onMessage = (message: string): void => {
      // Name, old and new address: a Sentinel may watch over others, too.
      if (message.startsWith(`${master} `)) onChange();
    };
    const subscriber = { channel: '+switch-master', onMessage, onReset: () => undefined };
    return sentinels.map((sentinel) => subscription(() => askSentinel(sentinel), subscriber));
  };
  return (listener) => connectionBy({ create, inspect: isPrimary, createSubscriber, commandMs, watch }, listener);
}

/** Asks one after the other; what is thrown has a code that says what was wrong with the last. */
async function locate(master: string, sentinels: readonly (() => Redis)[]): Promise<RedisAddress> {
  let code = '';
  for (const open of sentinels) {
    const sentinel = open();
    let reason: unknown;
    sentinel.on('error', (error: unknown) => {
      reason = error;
    });
    try {
      await sentinel.connect();
      const found = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master);
      if (Array.isArray(found)) return { host: String(found[0]), port: Number(found[1]) };
      code = 'SENTINEL_UNKNOWN_MASTER';
    } catch (error) {
      const known = sanitized(reason ?? error) as Error & { readonly word?: string; readonly code?: string };
      code = `SENTINEL_${known.word ?? known.code ?? 'AWAY'}`;
    } finally {
      sentinel.disconnect();
    }
  }
  throw Object.assign(new Error('No Sentinel names a primary'), { code });
}

/** A Sentinel may not know yet that what it names has become a replica. */
async function isPrimary(client: Redis): Promise<void> {
  const [role] = (await client.role()) as readonly unknown[];
  if (role !== 'master') throw Object.assign(new Error('Not the primary'), { code: 'NOT_PRIMARY' });
}

/** All primaries of a cluster. @throws Error for settings that cannot be used */
function clusterRedis({ nodes, username, password, tls, commandMs }: ClusterRedisSettings): OpenRedis {
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
    // What is published at one node arrives at all of them.
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

/** In another order each time, so that many gateways do not ask the same server first, nor one that is down forever. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
