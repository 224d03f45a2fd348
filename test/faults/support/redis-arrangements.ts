import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { RedisSettings } from '@gateway/redis';
import { redisAdmin } from '../../support/redis-admin.js';
import { startCluster } from '../../support/redis-cluster.js';
import { MASTER, startSentinel } from '../../support/redis-sentinel.js';
import { startRedis } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Servers of one topology, and how a store is told to reach them. */
export interface Arrangement {
  readonly settings: (login?: Login) => RedisSettings;
  /** Clients of all servers of the data, who may do everything. */
  readonly admins: readonly Redis[];
  readonly servers: readonly RedisServer[];
  /** Rules of a user who may do what the gateway needs here, as the example configuration documents them. */
  readonly rules: readonly string[];
  readonly stop: () => Promise<void>;
}

const DEBUG = ['--enable-debug-command', 'yes'];

export const ARRANGEMENTS = {
  standalone: async (): Promise<Arrangement> => {
    const server = await startRedis({ args: DEBUG });
    return arrangement([server], 'with a database:', server.stop, (login) => ({
      kind: 'standalone',
      url: `redis://${login === undefined ? '' : `${login.username}:${login.password}@`}127.0.0.1:${server.port}/2`,
    }));
  },
  sentinel: async (): Promise<Arrangement> => {
    const { address, primary, replica, stop } = await startSentinel({ args: DEBUG });
    return arrangement([primary, replica], 'at Sentinel:', stop, (login) => ({
      kind: 'sentinel',
      sentinels: [address],
      master: MASTER,
      ...login,
    }));
  },
  cluster: async (): Promise<Arrangement> => {
    const { addresses, nodes, stop } = await startCluster({ args: DEBUG });
    const servers = nodes.map(({ server }) => server);
    return arrangement(servers, 'in a cluster:', stop, (login) => ({ kind: 'cluster', nodes: addresses, ...login }));
  },
} as const;

function arrangement(
  servers: readonly RedisServer[],
  extra: string,
  stop: () => Promise<void>,
  settings: Arrangement['settings'],
): Arrangement {
  const admins = servers.map(({ url }) => redisAdmin(url));
  return {
    settings,
    admins,
    servers,
    rules: [...documentedRules('ACL SETUSER task-gateway on >...'), ...documentedRules(extra)],
    stop: async () => {
      for (const admin of admins) admin.disconnect();
      await stop();
    },
  };
}

/** The ACL rules that follow a text in the example configuration, up to the first word that is none. */
export function documentedRules(text: string): readonly string[] {
  const words = readFileSync('config/gateway.example.yaml', 'utf8')
    .split(/[\s#]+/)
    .join(' ');
  const found = words.split(text, 2)[1];
  if (found === undefined) throw new Error(`The example configuration says nothing of "${text}"`);
  const rest = found.trim().split(' ');
  const end = rest.findIndex((word) => !/^(?:[~&+-]\S+|reset(?:keys|channels))$/.test(word));
  return rest.slice(0, end === -1 ? rest.length : end);
}
