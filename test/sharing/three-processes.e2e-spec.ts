import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.js';
import type { Ask, Reply } from '../support/http-client.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import {
  behind,
  closedGate,
  forbidden,
  inTurn,
  notFound,
  running,
  startCloud,
  succeeded,
  throttled,
  unavailable,
} from './support/cloud.js';
import type { Behaviour, Cloud, Gate } from './support/cloud.js';
import { watchLapsedLocks } from './support/lapsed-locks.js';
import { cacheStatuses, endProcess, redisIs, slugs, startProcess, statuses, volley } from './support/replicas.js';
import type { ReplicaOptions, ReplicaProcess } from './support/replicas.js';

const { describe, it } = needing('redis-server');

const MANY = 1_000;
/** Milliseconds. */
const UNFINISHED_TTL = 300;
const LEADER = 'task-gateway; fwd=uri-miss; stored';
const COLLAPSED = 'task-gateway; fwd=uri-miss; collapsed';
const HIT = 'task-gateway; hit';

let redis: RedisServer;
let cloud: Cloud;
let options: ReplicaOptions;
let processes: ReplicaProcess[];
beforeAll(async () => {
  redis = await startRedis();
  cloud = await startCloud(succeeded);
  const cache = { unfinishedTtlSeconds: UNFINISHED_TTL / 1_000, negativeTtlSeconds: 300, proofTtlSeconds: 1_800 };
  options = { cloud: cloud.url, redis: redis.url, cache };
  processes = await Promise.all([1, 2, 3].map(() => startProcess(options)));
});
afterAll(async () => {
  await Promise.all(processes.map(endProcess));
  await cloud.close();
  await redis.stop();
});

let gate: Gate;
beforeEach(() => {
  gate = closedGate();
});
afterEach(() => gate.open());

let tasks = 0;
/** A task that nobody has asked about yet. */
const newTask = (region: 'shared' | 'own', token?: string): Ask => {
  tasks += 1;
  const path = `/tasks/ims/task-${tasks}?region=${region}&projectId=project-1`;
  return { path, headers: token === undefined ? {} : { 'x-auth-token': token } };
};
const first = (): ReplicaProcess => processes[0] as ReplicaProcess;
const others = (): readonly ReplicaProcess[] => processes.slice(1);

/** The first process asks, the cloud holds its answer, and then many ask all others. */
async function followed(what: Ask, behaviour: Behaviour, count = 60) {
  cloud.behave(behaviour);
  const leading = volley([first()], count / 3, what);
  await leading.arrived;
  await eventually(() => cloud.calls.length === 1);
  const following = volley(others(), count, what);
  await following.arrived;
  return { leading: leading.replies, following: following.replies };
}

describe(`${MANY} simultaneous first reads of one task`, () => {
  it.each([
    ['the gateway', 'shared', undefined],
    ["one caller's token", 'own', 'token-of-one-caller'],
  ] as const)('credentials of %s: one call', async (_whose, region, token) => {
    const locks = await watchLapsedLocks(redis.url);
    cloud.behave(behind(gate, succeeded));
    const { arrived, replies } = volley(processes, MANY, newTask(region, token));
    await arrived;
    await eventually(() => cloud.calls.length > 0);
    gate.open();
    const all = await replies;
    // One more for each time that a busy machine kept the process that asks from renewing its lock for a second.
    const most = 1 + (await locks.count());
    locks.stop();
    expect(statuses(all)).toEqual([200]);
    expect(new Set(all.map(({ headers }) => headers.etag)).size).toBe(1);
    expect(cloud.calls.length).toBeLessThanOrEqual(most);
    const seen = new Set(all.map(({ body }) => (body as { observedAt: string }).observedAt));
    expect(seen.size).toBeLessThanOrEqual(cloud.calls.length);
    const { [LEADER]: leaders = 0, [COLLAPSED]: collapsed = 0, [HIT]: hits = 0, ...else_ } = cacheStatuses(all);
    expect([leaders, collapsed + hits, else_]).toEqual([cloud.calls.length, MANY - cloud.calls.length, {}]);
    expect(cloud.calls[0]?.token ?? undefined).toBe(token);
    // What came from another process says so, and how old it is.
    for (const { headers, body } of all)
      expect((body as { source: string }).source === 'live').toBe(headers.age === undefined);
  });

  it('four tokens: a call each', async () => {
    cloud.behave(behind(gate, succeeded));
    const what = newTask('own');
    const tokens = ['token-1', 'token-2', 'token-3', 'token-4'];
    const volleys = tokens.map((token) => volley(processes, 9, { ...what, headers: { 'x-auth-token': token } }));
    await Promise.all(volleys.map(({ arrived }) => arrived));
    await eventually(() => cloud.calls.length >= tokens.length);
    gate.open();
    const all = await Promise.all(volleys.map(({ replies }) => replies));
    expect(statuses(all.flat())).toEqual([200]);
    expect(cloud.calls.map(({ token }) => token).toSorted()).toEqual(tokens);
  });
});

it('running task that many poll: the cloud is asked once in its time to live', async () => {
  cloud.behave(running);
  const what = newTask('shared');
  const seen = new Set<string>();
  while (cloud.calls.length < 5)
    for (const { status, body } of await volley(processes, 30, what).replies) {
      expect(status).toBe(200);
      seen.add((body as { observedAt: string }).observedAt);
    }
  const times = [...seen].map((time) => Date.parse(time)).toSorted((one, other) => one - other);
  // Nobody was told anything but what the cloud said, and it was never asked again before its answer was old.
  expect(times.length).toBeLessThanOrEqual(cloud.calls.length);
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(UNFINISHED_TTL * 0.9);
});

describe('when the process that asks', () => {
  it('dies: the others ask once more, and no other caller fails', async () => {
    const { leading, following } = await followed(newTask('shared'), inTurn(gate, succeeded, succeeded));
    const failed = expect(leading).rejects.toThrow(/socket hang up|ECONNRESET/);
    await endProcess(first());
    await failed;
    const replies = await following;
    expect(statuses(replies)).toEqual([200]);
    expect(cloud.calls).toHaveLength(2);
    expect(cacheStatuses(replies)[LEADER]).toBe(1);
    processes[0] = await startProcess(options);
  });

  it('is left by all its callers: the others ask once more', async () => {
    cloud.behave(inTurn(gate, succeeded, succeeded));
    const what = newTask('shared');
    const leaving = new AbortController();
    const leader = first().ask({ ...what, signal: leaving.signal });
    const gone = expect(leader).rejects.toThrow(/abort/i);
    await eventually(() => cloud.calls.length === 1);
    const { arrived, replies } = volley(others(), 20, what);
    await arrived;
    leaving.abort();
    await gone;
    expect(statuses(await replies)).toEqual([200]);
    expect(cloud.calls).toHaveLength(2);
    expect(cloud.calls[0]?.left()).toBe(true);
  });

  it('gets a failure: the next one asks, and its answer is that of all', async () => {
    const { leading, following } = await followed(newTask('shared'), inTurn(gate, unavailable, succeeded));
    gate.open();
    expect(slugs(await leading)).toEqual(['upstream-unavailable']);
    expect(statuses(await following)).toEqual([200]);
    expect(cloud.calls).toHaveLength(2);
  });

  it.each([
    ['unavailable', 'shared', unavailable, 'upstream-unavailable', 503],
    ['throttling', 'own', throttled, 'rate-limited', 429],
  ] as const)(
    'gets a failure, and all others as well: each asks once: %s',
    async (_name, region, answer, slug, status) => {
      const what = newTask(region, region === 'own' ? 'token-of-one-caller' : undefined);
      const { leading, following } = await followed(what, inTurn(gate, answer));
      gate.open();
      const all = [...(await leading), ...(await following)];
      expect([statuses(all), slugs(all)]).toEqual([[status], [slug]]);
      expect(cloud.calls.length).toBeLessThanOrEqual(processes.length);
    },
  );
});

describe('while one process asks, Redis', () => {
  /** Runs the disturbance, waits for that many calls, lets the cloud answer, and expects everybody to be content. */
  async function disturbed(disturb: () => unknown, calls: number): Promise<void> {
    const { leading, following } = await followed(newTask('shared'), behind(gate, succeeded));
    await disturb();
    await eventually(() => cloud.calls.length === calls);
    gate.open();
    expect(statuses([...(await leading), ...(await following)])).toEqual([200]);
    expect(cloud.calls).toHaveLength(calls);
  }
  async function worksAgain(): Promise<void> {
    await redisIs('up', ...processes);
    cloud.behave(succeeded);
    const what = newTask('shared');
    for (const process of processes) expect((await process.ask(what)).status).toBe(200);
    expect(cloud.calls).toHaveLength(1);
  }

  it('loses everything: one more asks, and no third', async () => {
    const admin = new Redis(redis.url);
    await disturbed(() => admin.flushall(), 2);
    admin.disconnect();
    await worksAgain();
  });

  it('dies: each process asks once', async () => {
    await disturbed(redis.kill, processes.length);
    redis = await startRedis({ port: redis.port });
    await worksAgain();
  });

  it('freezes: each process asks once', async () => {
    await disturbed(redis.freeze, processes.length);
    redis.thaw();
    await worksAgain();
  });
});

describe('a negative entry', () => {
  it('task that is not there: asked for once by all processes', async () => {
    cloud.behave(() => notFound);
    const all: Reply[] = [];
    const what = newTask('shared');
    for (const process of processes) all.push(await process.ask(what), await process.ask(what));
    expect([statuses(all), slugs(all)]).toEqual([[404], ['task-not-found']]);
    expect(cloud.calls).toHaveLength(1);
  });

  it.each([
    ['404', notFound, 404],
    ['403', forbidden, 403],
  ] as const)("of one caller's token: no other's: %s", async (_name, answer, status) => {
    cloud.behave((call) => (call.token === 'token-of-a' ? answer : succeeded(call)));
    const what = newTask('own');
    for (const process of processes) {
      expect((await process.ask({ ...what, headers: { 'x-auth-token': 'token-of-a' } })).status).toBe(status);
      expect((await process.ask({ ...what, headers: { 'x-auth-token': 'token-of-b' } })).status).toBe(200);
    }
    // B's first answer is in Redis, and its proof as well.
    expect(cloud.calls.map(({ token }) => token)).toEqual(['token-of-a', 'token-of-b']);
  });
});
