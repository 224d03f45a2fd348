import { once } from 'node:events';
import { startGateway } from './gateway.mjs';
import { isInstalled } from './machine.mjs';
import { startNginx } from './nginx.mjs';
import { PROBE_ARGS } from './probe.mjs';
import { startNode } from './program.mjs';
import { taskPath } from './stage.mjs';

/** What everything is held against. */
export const BARE = 'node:http';

function startServer(stage, file, args, nodeArgs = []) {
  const env = { PAYLOAD: stage.payloadFile, UPSTREAM: stage.upstream.url, REDIS: stage.redisUrl ?? '' };
  return startNode(`test/load/${file}`, { env, args, nodeArgs });
}

const server =
  (file, ...args) =>
  (stage) =>
    startServer(stage, file, args);

/** What a target may need that not every machine has; each tells why it is missing, or null. */
const NEEDS = {
  redis: (stage) => (stage.redisUrl === null ? 'redis-server is not installed' : null),
  nginx: () => (isInstalled('nginx') ? null : 'nginx is not installed'),
  peers: (stage) => stage.peersMissing,
};

async function nginxBeforeBare(stage) {
  const origin = await startServer(stage, 'servers/node-http.mjs', []);
  const nginx = await startNginx(stage, origin.url);
  const stop = async () => {
    await nginx.stop();
    await origin.stop();
  };
  return { ...nginx, stop };
}

/** The same question in Hive's language. */
const HIVE_MEMBERS = 'task_count tasks{id name user_name user_id params status created_at updated_at}';
const hivePath = (id) => `/graphql?query=${encodeURIComponent(`{list(id:"#"){${HIVE_MEMBERS}}}`).replace('%23', id)}`;

const cacheInterceptor = { needs: ['peers', 'redis'], start: server('peers/nest-axios.mjs', 'cache') };
const hive = { needs: ['peers', 'redis'], start: server('peers/hive.mjs', 'cache'), pathOf: hivePath };

/** Finished answers that are stored. */
export const HITS = {
  [BARE]: { start: server('servers/node-http.mjs') },
  'node:http + ioredis GET': { needs: ['redis'], start: server('servers/node-http.mjs', 'redis') },
  'fastify, buffer': { start: server('servers/fastify.mjs') },
  'fastify, object': { start: server('servers/fastify.mjs', 'object') },
  'nginx proxy_cache': { needs: ['nginx'], start: nginxBeforeBare },
  'Nest CacheInterceptor, Redis': cacheInterceptor,
  'Hive gateway, Redis': hive,
  'gateway, from memory': { start: (stage) => startGateway(stage) },
  // More than can be sent: what counting costs, not what is refused.
  'gateway, from memory, callers limited': {
    start: (stage) => startGateway(stage, { limits: { requestsPerSecond: 100_000, burst: 1_000_000 } }),
  },
  'gateway, 304': { conditional: true, start: (stage) => startGateway(stage) },
  'gateway, from memory, 1,000 tasks': { many: 1_000, start: (stage) => startGateway(stage) },
  // Many tasks: one alone would be read once for all who wait for it.
  'gateway, from Redis': {
    needs: ['redis'],
    many: 1_000,
    start: (stage) => startGateway(stage, { memoryBytes: 0 }),
  },
};

/** Each request asks about another task. */
export const MISSES = {
  'node:http + undici': { start: server('servers/node-http-undici.mjs') },
  'Nest + @nestjs/axios': { needs: ['peers'], start: server('peers/nest-axios.mjs') },
  'Nest CacheInterceptor, Redis': cacheInterceptor,
  'Hive gateway': { needs: ['peers'], start: server('peers/hive.mjs'), pathOf: hivePath },
  gateway: { start: (stage) => startGateway(stage) },
};

/** Many ask the same at once. */
export const CROWDS = {
  gateway: { start: (stage) => startGateway(stage) },
  'gateway, two processes': { needs: ['redis'], start: (stage) => startGateways(stage, 2) },
  'nginx proxy_cache, lock': { needs: ['nginx'], start: (stage) => startNginx(stage, stage.upstream.url) },
  'Nest CacheInterceptor, Redis': cacheInterceptor,
  'Hive gateway, Redis': hive,
};

/**
 * Servers that callers wait at, which can be looked into. Their `tell` makes them tell all who wait of a change, and resolves with
 * a function for when that began: milliseconds of the clock that all processes share.
 */
const waiting = (file, ...args) => ({
  start: (stage) => startServer(stage, `servers/${file}.mjs`, args, PROBE_ARGS),
  tell: async (_stage, { child }) => {
    child.send({ change: true });
    const [{ toldAt }] = await once(child, 'message');
    return () => toldAt;
  },
});

/** The gateway asks from time to time, and what the upstream answers then is the change. */
const waitingGateway = {
  start: (stage) => startGateway(stage, { nodeArgs: PROBE_ARGS }),
  tell: async ({ upstream }) => {
    await upstream.change();
    return upstream.toldAt;
  },
};

/** Requests that wait. */
export const WAITS = {
  [BARE]: waiting('waiting-node-http'),
  fastify: waiting('waiting-fastify'),
  'Nest, promises': waiting('waiting-nest'),
  gateway: waitingGateway,
};

/** Open streams. */
export const STREAMS = {
  [BARE]: waiting('waiting-node-http'),
  fastify: waiting('waiting-fastify'),
  'Nest, hijacked replies': waiting('waiting-nest'),
  'Nest, @Sse': waiting('waiting-nest', 'sse'),
  gateway: waitingGateway,
};

/** Gateways with the same one share what is in Redis. */
export const SHARED = 'bench-shared:';

/** Gateways that share what is in Redis. */
export function startGateways(stage, count, options = {}) {
  return Promise.all(Array.from({ length: count }, () => startGateway(stage, { ...options, keyPrefix: SHARED })));
}

/**
 * Starts those of the targets that this machine can run and whose name matches.
 * @param skip told the name and the reason of each that is left out
 * @returns {Promise<object[]>} name, server (or several), headers, and `pathOf` for the path of an id
 */
export async function startTargets(stage, targets, { only, skip }) {
  const started = [];
  for (const [name, { start, needs = [], ...target }] of Object.entries(targets)) {
    if (!only(name)) continue;
    const missing = needs.map((need) => NEEDS[need](stage)).find((reason) => reason !== null);
    if (missing !== undefined) skip(name, missing);
    else {
      const server = await start(stage);
      const { headers = {} } = [server].flat()[0];
      started.push({ name, headers, pathOf: taskPath, ...target, server });
    }
  }
  return started;
}

export async function stopTargets(targets) {
  await Promise.all(targets.flatMap((target) => [target.server].flat()).map(({ stop }) => stop()));
}
