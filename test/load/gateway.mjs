import { hash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNode } from './program.mjs';

const MAIN = 'dist/apps/gateway/src/main.js';
const PROJECT = 'ac234de25c6741d2b1273da49eea1b9e';
const INSTANCE = 'c4f2a1b6-3c9e-4c51-9b27-0d1c6a8e7f30';

const BENCH_PRINCIPAL_SECRET = 'a secret of the bench, which names nobody else';
const BENCH_ADMIN_TOKEN = 'a token of the bench, which opens nothing else';
const KEY = 'a-key-of-the-bench-which-opens-nothing-else';
const GRANTED = { regions: 'any', projects: 'any', instances: 'any', providers: 'any' };

/** How callers are told apart: a part of the configuration, and what every request then sends. */
export const ACCESS_MODES = {
  open: { access: { mode: 'open' }, headers: {} },
  apiKey: {
    access: { mode: 'apiKey', apiKeys: [{ id: 'bench', sha256: hash('sha256', KEY), ...GRANTED }] },
    headers: { 'x-api-key': KEY },
  },
};

/** What the bench changes of the defaults; everything else is as shipped. JSON is YAML. */
function configuration({ access, upstreamUrl, redisUrl, memoryBytes, keyPrefix, heartbeatSeconds, limits }) {
  return {
    // What lies in Redis is authenticated, as where replicas share one.
    access: { ...access, principalSecret: '${BENCH_PRINCIPAL_SECRET}' },
    server: { drainSeconds: 0 },
    ...(limits === undefined ? {} : { limits }),
    // With it everything is counted, as where somebody looks.
    admin: { port: 0, token: '${BENCH_ADMIN_TOKEN}' },
    // One caller holds them all.
    waits: { perCaller: 10_000 },
    streams: { perCaller: 10_000, ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }) },
    regions: [
      {
        name: 'bench',
        iam: `${upstreamUrl}/iam`,
        endpoint: `${upstreamUrl}/{service}`,
        credentials: { mode: 'password', domain: 'bench', user: 'bench', password: '${BENCH_PASSWORD}' },
      },
    ],
    providers: [
      { id: 'dms', projectId: PROJECT, instanceId: INSTANCE },
      { id: 'ims', projectId: PROJECT },
    ],
    cache: {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(redisUrl === null ? {} : { redis: { kind: 'standalone', url: redisUrl, keyPrefix } }),
    },
  };
}

let started = 0;

/**
 * The gateway as it is deployed: the built program, production mode, a log line for each request into a file.
 * Its `headers` are what every request to it sends.
 * @param options.memoryBytes for answers in the process, if not the default; 0 leaves them to Redis alone
 * @param options.keyPrefix processes with the same one share their answers
 * @param options.heartbeatSeconds of its streams, if not the default
 * @param options.limits of callers, if not the default
 * @param options.processes on its one port, if not the default
 */
export async function startGateway(stage, options = {}) {
  const { memoryBytes, keyPrefix = `bench-${started}:`, heartbeatSeconds, limits, processes, nodeArgs = [] } = options;
  started += 1;
  const folder = join(stage.folder, `gateway-${started}`);
  mkdirSync(folder);
  const file = join(folder, 'gateway.yaml');
  const { redisUrl, upstream } = stage;
  const { url: upstreamUrl } = upstream;
  const { access, headers } = ACCESS_MODES[stage.access];
  writeFileSync(
    file,
    JSON.stringify(configuration({ access, upstreamUrl, redisUrl, memoryBytes, keyPrefix, heartbeatSeconds, limits })),
  );
  const env = {
    GATEWAY_CONFIG: file,
    PORT: '0',
    BENCH_PASSWORD: 'a password of the bench',
    BENCH_PRINCIPAL_SECRET,
    BENCH_ADMIN_TOKEN,
    ...(processes === undefined ? {} : { GATEWAY_PROCESSES: String(processes) }),
  };
  return { ...(await startNode(MAIN, { env, nodeArgs, log: join(folder, 'log') })), headers };
}
