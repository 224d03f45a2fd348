import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { redisAdmin } from '../support/redis-admin.js';
import { openStream } from '../support/stream-reader.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { SECRETS } from '../sharing/support/replicas.js';
import type { ReplicaProcess } from '../sharing/support/replicas.js';
import {
  about,
  crowd,
  endsOf,
  expectOneLife,
  expectOnePoller,
  questionsAbout,
  redisIsForAll,
  running,
  slow,
  startFleet,
  streamsOf,
  succeeded,
  waitFor,
} from './support/fleet.js';
import type { Fleet, Waiting } from './support/fleet.js';

const { describe, it } = needing('redis-server');

const WATCHERS = 12;

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

/** All watchers are still there, and are told when the task is done. */
async function endsWell({ cloud }: Fleet, watchers: readonly Waiting[]): Promise<void> {
  expect(watchers.some(({ isOver }) => isOver())).toBe(false);
  cloud.behave(succeeded);
  expect(await endsOf(watchers)).toEqual(['200 wait=50']);
}

describe('one task, watched in three processes, while Redis', () => {
  it('stops for a time: each asks by itself, and they share again when it is back', async () => {
    const { cloud, replicas } = fleet;
    const watchers = crowd(replicas, WATCHERS, id);
    const streams = await streamsOf(replicas, id);
    await questionsAbout(cloud, id, 3);
    redis.freeze();
    await redisIsForAll(fleet, 'down');
    const alone = await questionsAbout(cloud, id, 5 * replicas.length);
    for (const replica of replicas) {
      const own = alone.filter((call) => fleet.askerOf(call) === replica);
      expect(own.length).toBeGreaterThan(1);
      expectOnePoller(own);
    }
    redis.thaw();
    await redisIsForAll(fleet, 'up');
    // Answers that were not shared yet.
    await questionsAbout(cloud, id, replicas.length);
    expectOnePoller(await questionsAbout(cloud, id, 8));
    await endsWell(fleet, watchers);
    await expectOneLife(streams);
  });

  it('is restarted, empty: no stream ends, and they share again', async () => {
    const { cloud, replicas } = fleet;
    const watchers = crowd(replicas, WATCHERS, id);
    const streams = await streamsOf(replicas, id);
    await questionsAbout(cloud, id, 3);
    const { port } = redis;
    await redis.kill();
    await redisIsForAll(fleet, 'down');
    redis = await startRedis({ port });
    await redisIsForAll(fleet, 'up');
    // Answers that were not shared yet.
    await questionsAbout(cloud, id, replicas.length);
    expectOnePoller(await questionsAbout(cloud, id, 8));
    await endsWell(fleet, watchers);
    await expectOneLife(streams);
  });

  it('loses everything: they ask once more at most', async () => {
    const { cloud, replicas } = fleet;
    const watchers = crowd(replicas, WATCHERS, id);
    await questionsAbout(cloud, id, 3);
    const admin = redisAdmin(redis.url);
    const before = about(cloud, id).length;
    await admin.flushall();
    await questionsAbout(cloud, id, 8);
    expectOnePoller(about(cloud, id).slice(before), 1);
    admin.disconnect();
    await endsWell(fleet, watchers);
  });

  it('holds a purge of the task: they ask once more at most', async () => {
    const { cloud, replicas } = fleet;
    const watchers = crowd(replicas, WATCHERS, id);
    await questionsAbout(cloud, id, 3);
    const settings = { kind: 'standalone', url: redis.url, commandMs: 1_000 } as never;
    const other = new TaskCache({ secret: SECRETS.PRINCIPAL_SECRET, redis: settings });
    other.onModuleInit();
    await eventually(() => other.health().redis === 'up');
    const members = { provider: 'hetzner', region: 'actions', projectId: null, instanceId: null, id };
    const before = about(cloud, id).length;
    expect(await other.purge({ kind: 'task', address: new TaskAddress(members) })).toBe(true);
    await other.close();
    await questionsAbout(cloud, id, 8);
    expectOnePoller(about(cloud, id).slice(before), 1);
    await endsWell(fleet, watchers);
  });

  it('passes no messages on: as often as one poller', async () => {
    const admin = redisAdmin(redis.url);
    await admin.acl('SETUSER', 'deaf', 'on', 'nopass', 'allkeys', 'allcommands', 'resetchannels');
    const deaf = await startFleet(
      { kind: 'standalone', url: '${DEAF_REDIS}' },
      { DEAF_REDIS: redis.url.replace('//', '//deaf:any@') },
    );
    const { cloud, replicas } = deaf;
    const watchers = crowd(replicas, WATCHERS, id);
    await questionsAbout(cloud, id, 3);
    expectOnePoller(await questionsAbout(cloud, id, 8), 1);
    await endsWell(deaf, watchers);
    await deaf.stop();
    admin.disconnect();
  });
});

describe('a change that one process has seen', () => {
  it('is told in the others long before their interval is over', async () => {
    const { cloud, replicas } = fleet;
    const [first, ...others] = replicas as [ReplicaProcess, ...ReplicaProcess[]];
    const path = `/tasks/hetzner/${id}?region=actions`;
    cloud.behave(slow(10));
    const { headers } = await first.ask({ path });
    const readers = await Promise.all(
      others.map(({ port }) => openStream(port, { path: path.replace('?', '/events?') })),
    );
    await Promise.all(readers.map(({ data }) => data('task')));
    const waiting = crowd(others, 6, id, { etag: headers.etag! });
    // Half of their interval.
    const clock = waitFor(first, String(tasks + 1_000), { seconds: 5 });
    cloud.behave(slow(20));
    const seen = await first.ask({ path, headers: { 'cache-control': 'no-cache' } });
    for (const reply of await Promise.all(waiting.map((one) => one.reply)))
      expect([reply.status, reply.headers.etag]).toEqual([200, seen.headers.etag]);
    for (const { data, close } of readers) {
      expect((await data('task', 2)).at(-1)).toMatchObject({ task: { progress: { percent: 20 } } });
      close();
    }
    expect([clock.isOver(), about(cloud, id).length]).toEqual([false, 1]);
    clock.leave();
  });
});
