import { afterEach, expect } from '@jest/globals';
import { TaskAddress } from '@gateway/tasks';
import { resultName } from '../../libs/cache/src/keys.js';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { startCluster } from '../support/redis-cluster.js';
import { MASTER, startSentinel } from '../support/redis-sentinel.js';
import {
  crowd,
  endsOf,
  expectOneLife,
  expectOnePoller,
  questionsAbout,
  redisIsForAll,
  startFleet,
  streamsOf,
  succeeded,
} from './support/fleet.js';
import type { Fleet } from './support/fleet.js';

const { describe, it } = needing('redis-server');

const WATCHERS = 12;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** They wait on while the primary dies and another takes its place, and share what they ask when it has. */
async function survives(fleet: Fleet, id: string, failOver: () => Promise<void>): Promise<void> {
  const { cloud, replicas } = fleet;
  const watchers = crowd(replicas, WATCHERS, id);
  const streams = await streamsOf(replicas, id);
  await questionsAbout(cloud, id, 3);
  await failOver();
  await redisIsForAll(fleet, 'up');
  // Answers that could not be shared yet.
  await questionsAbout(cloud, id, 2 * replicas.length);
  expectOnePoller(await questionsAbout(cloud, id, 8), replicas.length - 1);
  expect(watchers.some(({ isOver }) => isOver())).toBe(false);
  cloud.behave(succeeded);
  expect(await endsOf(watchers)).toEqual(['200 wait=50']);
  await expectOneLife(streams);
}

describe('one task, watched in three processes, the primary of its Redis killed', () => {
  it('Sentinel: nobody stops waiting, and they share again', async () => {
    const redis = await startSentinel();
    cleanups.push(redis.stop);
    const fleet = await startFleet({ kind: 'sentinel', sentinels: [redis.address], master: MASTER });
    cleanups.push(fleet.stop);
    await survives(fleet, '1', async () => {
      await redis.primary.kill();
      await redisIsForAll(fleet, 'down');
    });
  });

  it('Cluster: nobody stops waiting, and they share again', async () => {
    const redis = await startCluster();
    cleanups.push(redis.stop);
    const [primary, other, , replica] = redis.nodes;
    const fleet = await startFleet({ kind: 'cluster', nodes: redis.addresses });
    cleanups.push(fleet.stop);
    const members = { provider: 'hetzner', region: 'actions', projectId: null, instanceId: null };
    let id = 1;
    const slotOf = (): Promise<number> =>
      other.admin.cluster('KEYSLOT', resultName(new TaskAddress({ ...members, id: String(id) })));
    // One that lies where a replica takes over.
    while ((await slotOf()) > 5_460) id += 1;
    await survives(fleet, String(id), async () => {
      await primary.server.kill();
      await eventually(async () => (await replica.admin.info('replication')).includes('role:master'));
    });
  });
});
