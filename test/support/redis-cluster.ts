import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { freePorts, startRedis } from './redis-server.js';
import type { RedisServer } from './redis-server.js';

/** Milliseconds of silence after which nodes take another for dead. */
const NODE_TIMEOUT_MS = 1_000;
const SLOTS = ['0-5460', '5461-10922', '10923-16383'] as const;

export interface ClusterNode {
  readonly id: string;
  readonly server: RedisServer;
  /** A client of this node alone. */
  readonly admin: Redis;
}

export interface ClusterSetup {
  /** `host:port` of all nodes. */
  readonly addresses: readonly string[];
  /** Three primaries with a third of the slots each, and a replica of the first. */
  readonly nodes: readonly [ClusterNode, ClusterNode, ClusterNode, ClusterNode];
  readonly stop: () => Promise<void>;
}

/** A real cluster. It is told its shape before it starts: getting to know each other would take it seconds. */
export async function startCluster(args: readonly string[] = []): Promise<ClusterSetup> {
  const ports = await freePorts(8);
  const ids = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40));
  const nodes = await Promise.all(
    ids.map(async (id, index): Promise<ClusterNode> => {
      const server = await startRedis({
        port: ports[index] ?? 0,
        files: { 'nodes.conf': shape(ids, ports, index) },
        args: [
          ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
          ...['--cluster-port', String(ports[index + 4]), '--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
          ...['--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0', ...args],
        ],
      });
      const admin = new Redis(server.port, '127.0.0.1');
      admin.on('error', () => undefined);
      return { id, server, admin };
    }),
  );
  const setup: ClusterSetup = {
    addresses: nodes.map(({ server }) => `127.0.0.1:${server.port}`),
    nodes: nodes as unknown as ClusterSetup['nodes'],
    stop: async () => {
      for (const { admin } of nodes) admin.disconnect();
      await Promise.all(nodes.map(({ server }) => server.stop()));
    },
  };
  for (const node of nodes) await eventually(() => isWhole(node));
  await eventually(async () => (await nodes[3]?.admin.info('replication'))?.includes('master_link_status:up') === true);
  return setup;
}

/** Whether this node sees all slots served. */
export async function isWhole({ admin }: ClusterNode): Promise<boolean> {
  return String(await admin.cluster('INFO')).includes('cluster_state:ok');
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
