import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { closedGate } from '../sharing/support/cloud.js';
import { endProcess } from '../sharing/support/replicas.js';
import {
  about,
  crowd,
  endsOf,
  expectOnePoller,
  questionsAbout,
  running,
  startFleet,
  succeeded,
  unauthorized,
  waitFor,
} from './support/fleet.js';
import type { Fleet } from './support/fleet.js';

const { describe, it } = needing('redis-server');

const WATCHERS = 30;
const TOKENS = ['token-of-a', 'token-of-b', 'token-of-c'];
const DONE = ['200 wait=50'];

let redis: RedisServer;
let fleet: Fleet;
beforeAll(async () => {
  redis = await startRedis();
  fleet = await startFleet(redis.url);
});
afterAll(async () => {
  await fleet.stop();
  await redis.stop();
});

let tasks = 1_000;
let id: string;
beforeEach(() => {
  tasks += 1;
  id = String(tasks);
  fleet.cloud.behave(running);
});

describe('one task, watched in three processes', () => {
  it('the cloud is asked as often as by one poller, until the last watcher has left', async () => {
    const { cloud, replicas } = fleet;
    const watchers = crowd(replicas, WATCHERS, id);
    // Whose first lookups come in the time of one.
    await questionsAbout(cloud, id, 3);
    expectOnePoller(await questionsAbout(cloud, id, 12));
    expect(watchers.some(({ isOver }) => isOver())).toBe(false);
    for (const { leave } of watchers) leave();
    // As long as another task is asked about several times in each process, this one is not.
    await eventually(() => watchers.every(({ isOver }) => isOver()));
    const next = String(tasks + 1_000);
    const others = crowd(replicas, 3, next);
    await questionsAbout(cloud, next, 2);
    const before = about(cloud, id).length;
    await questionsAbout(cloud, next, 4);
    expect(about(cloud, id)).toHaveLength(before);
    for (const { leave } of others) leave();
  });

  it('done: all are told, and nobody asks any more', async () => {
    const { cloud, replicas } = fleet;
    const watchers = crowd(replicas, WATCHERS, id);
    await questionsAbout(cloud, id, 3);
    cloud.behave(succeeded);
    expect(await endsOf(watchers)).toEqual(DONE);
    expect(about(cloud, id)).toHaveLength(1);
  });

  it('watchers who come again and again: as often as by one poller', async () => {
    const { cloud, replicas } = fleet;
    const watchers = crowd(replicas, 3, id);
    const isOver = { now: false };
    const again = async (index: number): Promise<void> => {
      while (!isOver.now) await waitFor(replicas[index % replicas.length]!, id, { seconds: 1 }).reply;
    };
    const restless = Array.from({ length: WATCHERS }, (_, index) => again(index));
    await questionsAbout(cloud, id, 3);
    expectOnePoller(await questionsAbout(cloud, id, 12));
    isOver.now = true;
    cloud.behave(succeeded);
    expect(await endsOf(watchers)).toEqual(DONE);
    await Promise.all(restless);
  });

  it("three callers' own tokens, each in three processes: as often as one poller, and once for each", async () => {
    const { cloud, replicas } = fleet;
    const watchers = TOKENS.flatMap((token) => crowd(replicas, 9, id, { region: 'own-actions', token }));
    await eventually(() => new Set(about(cloud, id).map(({ token }) => token)).size === TOKENS.length);
    await questionsAbout(cloud, id, 3);
    expectOnePoller(await questionsAbout(cloud, id, 12));
    cloud.behave(succeeded);
    expect(await endsOf(watchers)).toEqual(DONE);
  });

  it('the cloud refuses one token: its watchers are told in all processes, the others wait on', async () => {
    const { cloud, replicas } = fleet;
    const watchers = TOKENS.map((token) => crowd(replicas, 6, id, { region: 'own-actions', token }));
    await questionsAbout(cloud, id, 5);
    cloud.behave((call) => (call.token === TOKENS[1] ? unauthorized : running(call)));
    const [a = [], b = [], c = []] = watchers;
    // Its turn comes with the end of its proof, which is random: a request of its own finds out at once.
    const own = { path: `/tasks/hetzner/${id}?region=own-actions`, headers: { 'x-auth-token': TOKENS[1]! } };
    expect((await replicas[0]!.ask({ ...own, headers: { ...own.headers, 'cache-control': 'no-cache' } })).status).toBe(
      401,
    );
    expect(await endsOf(b)).toEqual(['401 wait=50']);
    expectOnePoller(
      (await questionsAbout(cloud, id, 6)).filter(({ token }) => token !== TOKENS[1]),
      // The turn of a token that is refused is taken by another one at once.
      replicas.length,
    );
    expect([...a, ...c].some(({ isOver }) => isOver())).toBe(false);
    cloud.behave(succeeded);
    expect(await endsOf([...a, ...c])).toEqual(DONE);
  });
});

describe('the process that asks is killed', () => {
  it.each(['while it asks', 'between two questions'])('%s: the others ask in its place', async (when) => {
    const own = await startFleet(redis.url);
    const { cloud, replicas, askerOf } = own;
    const gate = closedGate();
    const asks = when === 'while it asks';
    for (const replica of replicas) waitFor(replica, id);
    const [first] = await questionsAbout(cloud, id, 3);
    let killed = askerOf(first!);
    if (asks) {
      let isHeld = false;
      cloud.behave(async (call) => {
        const isFirst = !isHeld;
        isHeld = true;
        if (isFirst) await gate.opened;
        return running(call);
      });
      const [held] = await questionsAbout(cloud, id, 1);
      killed = askerOf(held!);
    }
    await endProcess(killed);
    const rest = replicas.filter((replica) => replica !== killed);
    const watchers = crowd(rest, 8, id);
    const calls = await questionsAbout(cloud, id, 8);
    expect(calls.some((call) => askerOf(call) === killed)).toBe(false);
    expectOnePoller(calls, 1);
    cloud.behave(succeeded);
    expect(await endsOf(watchers)).toEqual(DONE);
    gate.open();
    await own.stop();
  });
});
