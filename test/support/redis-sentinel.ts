import { eventually } from './eventually.js';
import { redisAdmin } from './redis-admin.js';
import { startRedis } from './redis-server.js';
import type { RedisServer } from './redis-server.js';

/** What the Sentinel calls the primary. */
export const MASTER = 'main';
/** Milliseconds of silence after which the Sentinel takes a server for dead. */
const DOWN_AFTER_MS = 1_000;

export interface SentinelSetup {
  /** `host:port` of the Sentinel. */
  readonly address: string;
  readonly sentinel: RedisServer;
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  /** Makes the replica the primary by order; the old one becomes its replica. */
  readonly failOver: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface SentinelOptions {
  /** Further arguments of primary and replica. */
  readonly args?: readonly string[];
  /** Arguments that name certificates; then all of them speak TLS with each other, too. */
  readonly tls?: readonly string[];
}

/** A primary with a replica, and one Sentinel that may decide alone. */
export async function startSentinel({ args = [], tls }: SentinelOptions = {}): Promise<SentinelSetup> {
  const secure = tls === undefined ? [] : ['--tls-replication', 'yes'];
  const common = ['--repl-diskless-sync-delay', '0', ...secure, ...args];
  const portOf = ({ port, tlsPort }: RedisServer): number => (tls === undefined ? port : tlsPort);
  const primary = await startRedis({ tls, args: common });
  const replica = await startRedis({ tls, args: [...common, '--replicaof', '127.0.0.1', String(portOf(primary))] });
  const sentinel = await startRedis({
    tls,
    args: secure,
    sentinel: [
      `sentinel monitor ${MASTER} 127.0.0.1 ${portOf(primary)} 1`,
      `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${MASTER} 4000`,
      '',
    ].join('\n'),
  });
  const admin = redisAdmin(sentinel.url);
  await eventually(async () => {
    const text = String(await admin.call('INFO', 'sentinel'));
    return text.includes('status=ok') && text.includes('slaves=1');
  });
  await eventually(async () =>
    JSON.stringify(await admin.call('SENTINEL', 'REPLICAS', MASTER)).includes('"master-link-status","ok"'),
  );
  return {
    address: `127.0.0.1:${portOf(sentinel)}`,
    sentinel,
    primary,
    replica,
    failOver: async () => {
      await admin.call('SENTINEL', 'FAILOVER', MASTER);
    },
    stop: async () => {
      admin.disconnect();
      await Promise.all([sentinel, replica, primary].map((server) => server.stop()));
    },
  };
}
