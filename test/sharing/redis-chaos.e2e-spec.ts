import { afterAll, beforeAll, beforeEach, expect, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Reply } from '../support/http-client.js';
import { needing } from '../support/needing.js';
import { freePort, startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { notFound, running, secretOf, startCloud, succeeded } from './support/cloud.js';
import type { Cloud } from './support/cloud.js';
import { endProcess, redisIs, startProcess } from './support/replicas.js';
import type { ReplicaProcess } from './support/replicas.js';

const { describe, it } = needing('redis-server');
jest.setTimeout(120_000);

/** Crowds in each phase, and how many ask at once in each, all of them the same. */
const CROWDS = 18;
const AT_ONCE = 24;
const KINDS = ['done', 'running', 'missing'] as const;
/** Who asks: two tokens for two projects, and the gateway's own credentials for whoever comes. */
const CALLERS = [
  { region: 'own', project: 'project-1', token: 'token-of-alice' },
  { region: 'own', project: 'project-2', token: 'token-of-bob' },
  { region: 'shared', project: 'project-1', token: undefined },
] as const;
type Caller = (typeof CALLERS)[number];

let redis: RedisServer;
let cloud: Cloud;
let processes: readonly ReplicaProcess[];
beforeAll(async () => {
  redis = await startRedis();
  cloud = await startCloud(notFoundExcept);
  // Nothing grows old while a test lasts: each process asks once for each asker and task, if Redis is of no help at all.
  const cache = { unfinishedTtlSeconds: 60, negativeTtlSeconds: 300, proofTtlSeconds: 1_800 };
  const options = { cloud: cloud.url, redis: redis.url, cache };
  processes = await Promise.all([1, 2, 3].map(() => startProcess(options)));
});
afterAll(async () => {
  await Promise.all(processes.map(endProcess));
  await cloud.close();
  await redis.stop();
});

let round = 0;
beforeEach(() => {
  round += 1;
  cloud.behave(notFoundExcept);
});

function notFoundExcept(call: Parameters<typeof succeeded>[0]) {
  if (call.id.startsWith('missing')) return notFound;
  return call.id.startsWith('done') ? succeeded(call) : running(call);
}

/** What is wrong with a reply; null where Redis may be in any state. */
function wrongWith({ status, body, text }: Reply, { project }: Caller, id: string): string | null {
  const kind = id.split('-', 1)[0];
  const other = project === 'project-1' ? 'project-2' : 'project-1';
  if (text.includes(secretOf(other))) return `${id} shows what is another's`;
  if (kind === 'missing') return status === 404 ? null : `${id} is ${status} ${text}`;
  if (status !== 200) return `${id} is ${status} ${text}`;
  const task = body as { id: string; type: string; status: string; scope: { projectId: string } };
  const expected = [id, secretOf(project), kind === 'done' ? 'succeeded' : 'running', project];
  const found = [task.id, task.type, task.status, task.scope.projectId];
  return JSON.stringify(found) === JSON.stringify(expected) ? null : `${id} is ${JSON.stringify(found)}`;
}

/** A bounded load: a number of requests, not a time. */
async function load(phase: string): Promise<readonly string[]> {
  const wrong: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let turn = next++; turn < CROWDS * AT_ONCE; turn = next++) {
      const crowd = Math.floor(turn / AT_ONCE);
      const caller = CALLERS[crowd % CALLERS.length] as Caller;
      // Old tasks are asked about again, and new ones come with each phase.
      const of = crowd % 2 === 0 ? 'always' : phase;
      const id = `${KINDS[Math.floor(crowd / CALLERS.length) % KINDS.length]}-${round}-${of}`;
      const process = processes[turn % processes.length] as ReplicaProcess;
      const path = `/tasks/ims/${id}?region=${caller.region}&projectId=${caller.project}`;
      const reply = await process.ask({
        path,
        headers: caller.token === undefined ? {} : { 'x-auth-token': caller.token },
      });
      const found = wrongWith(reply, caller, id);
      if (found !== null) wrong.push(`${phase}: ${found}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return wrong;
}

/** Questions about one task with one credential: no process asks more than once. */
function storms(): readonly string[] {
  const counts = new Map<string, number>();
  for (const { token, project, id } of cloud.calls) {
    const name = `${token} ${project} ${id}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > processes.length).map(([name, count]) => `${name}: ${count}`);
}

interface Chaos {
  readonly disturb: (admin: Redis) => unknown;
  readonly restore: (admin: Redis) => unknown;
}
const CHAOS: Readonly<Record<string, Chaos>> = {
  frozen: { disturb: () => redis.freeze(), restore: () => redis.thaw() },
  killed: {
    disturb: () => redis.kill(),
    restore: async () => {
      redis = await startRedis({ port: redis.port });
    },
  },
  flushed: { disturb: (admin) => admin.flushall(), restore: (admin) => admin.flushall() },
  'read-only': {
    // The replica of a server that is not there.
    disturb: async (admin) => admin.replicaof('127.0.0.1', await freePort()),
    restore: (admin) => admin.replicaof('NO', 'ONE'),
  },
};

describe('three processes under load, every answer right while Redis is', () => {
  it.each(Object.entries(CHAOS))('%s', async (_name, { disturb, restore }) => {
    const admin = new Redis(redis.url, { lazyConnect: true });
    admin.on('error', () => undefined);
    await admin.connect();
    const wrong = [...(await load('before'))];
    // In the middle of the load.
    const [during] = await Promise.all([load('during'), disturb(admin)]);
    const still = await load('still');
    const [after] = await Promise.all([load('after'), restore(admin)]);
    admin.disconnect();
    await redisIs('up', ...processes);
    const again = await load('again');
    expect([...wrong, ...during, ...still, ...after, ...again]).toEqual([]);
    expect(storms()).toEqual([]);
  });
});
