import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../../apps/gateway/src/app.js';
import { parseConfig } from '../../../apps/gateway/src/config/load-config.js';
import { Reload } from '../../../apps/gateway/src/reload/reload.js';
import { eventually } from '../../support/eventually.js';
import { portOf, send } from '../../support/http-client.js';
import type { Ask, Reply } from '../../support/http-client.js';
import { contradictions } from '../../support/openapi.js';
import { run } from '../../support/program.js';
import type { Program } from '../../support/program.js';
import { PATIENCE } from '../../support/redis-server.js';

/** `npm test` builds it first. */
const MAIN = resolve('dist/apps/gateway/src/main.js');

export const SECRETS = {
  PRINCIPAL_SECRET: 'principal-secret-of-the-sharing-tests',
  SECRET_KEY: 'secret-key-of-the-tests',
};

/** One of several gateways with one configuration. */
export interface Replica {
  readonly port: number;
  readonly url: string;
  /** Every reply is held against the committed OpenAPI document. */
  readonly ask: (ask: Ask) => Promise<Reply>;
}

export interface ReplicaProcess extends Replica {
  readonly program: Program;
}

export interface LocalReplica extends Replica {
  readonly app: NestFastifyApplication;
  readonly logs: readonly string[];
  /** Has it read a configuration again that differs in this; whether it took it over. */
  readonly reload: (changes: Partial<ReplicaOptions>) => boolean;
  readonly close: () => Promise<void>;
}

export interface ReplicaOptions {
  /** Address of the cloud. */
  readonly cloud: string;
  /** Address of the Redis that all share, or the section that says so; none if left out. */
  readonly redis?: string | object;
  readonly cache?: Readonly<Record<string, unknown>>;
  readonly access?: Readonly<Record<string, unknown>>;
  readonly upstream?: Readonly<Record<string, number>>;
  readonly polls?: Readonly<Record<string, number>>;
  readonly waits?: Readonly<Record<string, number>>;
  readonly streams?: Readonly<Record<string, number>>;
  readonly server?: Readonly<Record<string, unknown>>;
  /** Besides those that there are. */
  readonly regions?: readonly object[];
  /** Secrets that they name, of processes only. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Milliseconds that a request may take. */
export const REQUEST_MS = 30_000;

/** Enough time for everything that a test holds back, and no limit that would stop it. */
const UPSTREAM = {
  connectMs: REQUEST_MS,
  attemptMs: REQUEST_MS,
  requestMs: REQUEST_MS,
  retries: 0,
  concurrency: 2_000,
  breakerMinimumRequests: 1_000_000,
};

/**
 * Region `shared` is asked with the gateway's own credentials, `own` with those of the callers, and `silent` as well,
 * which has no identity service.
 */
function configOf({
  cloud,
  redis,
  cache = {},
  access = {},
  upstream = {},
  polls = {},
  waits = {},
  streams = {},
  regions = [],
}: ReplicaOptions): object {
  const key = { mode: 'aksk', accessKey: 'access-key', secretKey: '${SECRET_KEY}' };
  const place = { endpoint: `${cloud}/{service}`, iam: `${cloud}/iam` };
  return {
    access: { principalSecret: '${PRINCIPAL_SECRET}', ...access },
    regions: [
      { name: 'shared', ...place, credentials: key },
      { name: 'own', ...place, credentials: { mode: 'passthrough' } },
      { name: 'silent', endpoint: place.endpoint, credentials: { mode: 'passthrough' } },
      ...regions,
    ],
    polls,
    waits,
    streams,
    upstream: { ...UPSTREAM, ...upstream },
    cache: { ...cache, ...(redis === undefined ? {} : { redis: sectionOf(redis) }) },
  };
}

function sectionOf(redis: string | object): object {
  return { ...(typeof redis === 'string' ? { kind: 'standalone', url: redis } : redis), ...PATIENCE };
}

async function checked(port: number, what: Ask): Promise<Reply> {
  const reply = await send(port, what);
  const wrong = contradictions(what.method ?? 'GET', what.path, reply);
  if (wrong.length === 0) return reply;
  throw new Error(`${what.path} contradicts openapi.json: ${wrong.join('; ')}\n${reply.status} ${reply.text}`);
}

function replicaAt(port: number): Replica {
  return { port, url: `http://127.0.0.1:${port}`, ask: (what) => checked(port, what) };
}

/** Runs the built gateway as a process of its own. */
export async function startProcess(options: ReplicaOptions): Promise<ReplicaProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'replica-'));
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify(configOf(options)));
  const program = run(MAIN, { cwd: folder, env: { PORT: '0', LOG_LEVEL: 'silent', ...SECRETS, ...options.env } });
  void program.ended.then(() => rmSync(folder, { recursive: true }));
  await program.prints('listens on');
  const replica = replicaAt(Number(/:(\d+)/.exec(program.out())?.[1]));
  if (options.redis !== undefined) await redisIs('up', replica);
  return { ...replica, program };
}

export async function endProcess({ program }: ReplicaProcess): Promise<void> {
  program.signal('SIGKILL');
  await program.ended;
}

/** Runs the gateway in this process. */
export async function startLocal(options: ReplicaOptions): Promise<LocalReplica> {
  const textOf = (own: ReplicaOptions): string =>
    JSON.stringify({ ...configOf(own), server: { ...options.server, port: 0 } });
  const logs: string[] = [];
  const app = await createApp(parseConfig(textOf(options), SECRETS, 'test'), { write: (line) => void logs.push(line) });
  await app.listen(0, '127.0.0.1');
  const replica = replicaAt(portOf(app.getHttpServer()));
  if (options.redis !== undefined) await redisIs('up', replica);
  const reload = (changes: Partial<ReplicaOptions>): boolean => {
    const folder = mkdtempSync(join(tmpdir(), 'reload-'));
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, textOf({ ...options, ...changes }));
    app.get(Reload).run({ ...SECRETS, GATEWAY_CONFIG: file });
    rmSync(folder, { recursive: true });
    return logs.at(-1)?.includes('was read again') === true;
  };
  return { ...replica, app, logs, reload, close: () => app.close() };
}

/** Waits until these gateways use Redis, or do without. */
export async function redisIs(state: 'up' | 'down', ...replicas: readonly Replica[]): Promise<void> {
  for (const replica of replicas)
    await eventually(async () => ((await replica.ask({ path: '/readyz' })).body as { redis: string }).redis === state);
}

/** Resolves when these gateways have read whatever was sent to them before. */
export async function haveRead(replicas: readonly Replica[]): Promise<void> {
  for (let round = 0; round < 3; round += 1) await Promise.all(replicas.map(({ ask }) => ask({ path: '/livez' })));
}

/** Many requests at once: all are on their way when `arrived` resolves, and nothing was waited for but that. */
export interface Volley {
  readonly replies: Promise<readonly Reply[]>;
  readonly arrived: Promise<void>;
}

/** Sends `count` equal requests, spread over the replicas. */
export function volley(replicas: readonly Replica[], count: number, what: Ask): Volley {
  const all: Promise<Reply>[] = [];
  const sent = Array.from(
    { length: count },
    (_, index) =>
      new Promise<void>((onSent) => {
        all.push((replicas[index % replicas.length] as Replica).ask({ ...what, onSent }));
      }),
  );
  const replies = Promise.all(all);
  // Whoever waits hears of a failure; until then it is nobody's.
  replies.catch(() => undefined);
  return { replies, arrived: Promise.all(sent).then(() => haveRead(replicas)) };
}

/** How often each word of `Cache-Status` came, times to live aside. */
export function cacheStatuses(replies: readonly Reply[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { headers } of replies) {
    const word = String(headers['cache-status'] ?? 'none').replace(/; ttl=\d+$/, '');
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

/** Each once. */
export const statuses = (replies: readonly Reply[]): readonly number[] => [
  ...new Set(replies.map(({ status }) => status)),
];
/** Of problems, each once. */
export const slugs = (replies: readonly Reply[]): readonly unknown[] => [
  ...new Set(replies.map(({ body }) => String((body as { type?: string }).type).replace(/^.*\//, ''))),
];
