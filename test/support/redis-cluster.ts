import type { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { redisAdmin } from './redis-admin.js';
import { freePorts, startRedis } from './redis-server.js';
import type { RedisServer } from './redis-server.js';

/** Milliseconds of silence after which nodes take another for dead. */
const NODE_TIMEOUT_MS = 1_000;
const SLOTS = ['0-5460', '5461-10922', '10923-16383'] as const;

export interface ClusterNode {
  readonly id: string;
  /** The present one, where it was killed and revived. */
  readonly server: RedisServer;
  /** A client of this node alone. */
  readonly admin: Redis;
}

export interface ClusterSetup {
  /** `host:port` of all nodes. */
  readonly addresses: readonly string[];
  /** Three primaries with a third of the slots each, and a replica of the first. */
  readonly nodes: readonly [ClusterNode, ClusterNode, ClusterNode, ClusterNode];
  /** Brings a killed node back, empty, as it was at the start. */
  readonly revive: (node: ClusterNode) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface ClusterOptions {
  /** Further arguments of the nodes. */
  readonly args?: readonly string[];
  /** Arguments that name certificates; then all of them speak TLS with each other, too. */
  readonly tls?: readonly string[];
}

/** A real cluster. It is told its shape before it starts: getting to know each other would take it seconds. */
export async function startCluster({ args = [], tls }: ClusterOptions = {}): Promise<ClusterSetup> {
  const all = await freePorts(12);
  const [plain, ports] = [all.slice(8), all.slice(0, 8)];
  const ids = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40));
  const servers: RedisServer[] = [];
  const startNode = async (index: number): Promise<void> => {
    servers[index] = await startRedis({
      ...(tls === undefined ? { port: ports[index] } : { port: plain[index], tlsPort: ports[index], tls }),
      files: { 'nodes.conf': shape(ids, ports, index) },
      args: [
        '--cluster-enabled',
        'yes',
        '--cluster-config-file',
        'nodes.conf',
        '--cluster-port',
        String(ports[index + 4]),
        '--cluster-node-timeout',
        String(NODE_TIMEOUT_MS),
        '--cluster-replica-validity-factor',
        '0',
        '--repl-diskless-sync-delay',
        '0',
        ...(tls === undefined ? [] : ['--tls-cluster', 'yes', '--tls-replication', 'yes']),
        ...args,
      ],
    });
  };
  const nodes = await Promise.all(
    ids.map(async (id, index): Promise<ClusterNode> => {
      await startNode(index);
      const current = (): RedisServer => servers[index] as RedisServer;
      return {
        id,
        get server() {
          return current();
        },
        admin: redisAdmin(current().url),
      };
    }),
  );
  const setup: ClusterSetup = {
    addresses: ports.slice(0, 4).map((port) => `127.0.0.1:${port}`),
    nodes: nodes as unknown as ClusterSetup['nodes'],
    revive: async (node) => {
      await startNode(nodes.indexOf(node));
      for (const each of nodes) await eventually(() => isWhole(each).catch(() => false));
    },
    stop: async () => {
      for (const { admin } of nodes) admin.disconnect();
      await Promise.all(servers.map(({ stop }) => stop()));
    },
  };
  for (const node of nodes) await eventually(() => isWhole(node));
  await eventually(async () => (await nodes[3]?.admin.info('replication'))?.includes('master_link_status:up') === true);
  return setup;
}

/** Whether this node sees all slots served. */
export async function isWhole({ admin }: ClusterNode): Promise<boolean> {
  return (await admin.cluster('INFO')).includes('cluster_state:ok');
}

function shape(ids: readonly string[], ports: readonly number[], own: number): string {
  const lines = ids.map((id, index) => {
    const isReplica = index === 3;
    const flags = `${index === own ? 'myself,' : ''}${isReplica ? 'slave' : 'master'}`;
    const place = `127.0.0.1:${ports[index]}@${ports[index + 4]}`;
    return `${id} ${place} ${flags} ${isReplica ? ids[0] : '-'} 0 0 ${index + 1} connected ${SLOTS[index] ?? ''}`.trim();
  });
  return `${lines.join('\n')}\nvars currentEpoch 4 lastVoteEpoch 0\n`;
}
