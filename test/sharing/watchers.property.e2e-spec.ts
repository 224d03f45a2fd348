import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { LongPoll } from '../../apps/gateway/src/watch/long-poll.js';
import { TaskStreams } from '../../apps/gateway/src/watch/task-streams.js';
import { TaskWatches } from '../../apps/gateway/src/watch/task-watches.js';
import { moveClocks } from '../faults/support/clock.js';
import type { MovedClock } from '../faults/support/clock.js';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { notFound, startCloud } from './support/cloud.js';
import type { Cloud } from './support/cloud.js';
import { startLocal } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';
import { story } from './support/watch-story.js';
import { WatchWorld } from './support/watch-world.js';

const PROOF_SECONDS = 200;
/** All are told at the same time: those who wait have to be asked for by the clock. */
const STORIES = 60;
/** Milliseconds after which all proofs end at once. */
const LAPSE_MS = 1_500;

let clock: MovedClock;
beforeAll(() => {
  clock = moveClocks();
});
afterAll(() => clock.restore());

let clouds: readonly Cloud[] = [];
let replicas: readonly LocalReplica[] = [];
let redis: RedisServer | undefined;
afterEach(async () => {
  for (const { close } of [...replicas, ...clouds]) await close();
  await redis?.stop();
});

describe('any events in any order: whoever waits is shown what a GET of that moment would show, and the end', () => {
  async function holds(count: number, shared: { readonly redis?: string }): Promise<void> {
    clouds = await Promise.all(Array.from({ length: count }, () => startCloud(() => notFound, true)));
    const cache = { proofTtlSeconds: PROOF_SECONDS, unfinishedTtlSeconds: 2, negativeTtlSeconds: 5, staleSeconds: 600 };
    const access = { mode: 'passthrough' };
    replicas = await Promise.all(clouds.map(({ url }) => startLocal({ cloud: url, cache, access, ...shared })));
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    const stories = fc.sample(story, { numRuns: STORIES, seed });
    const worlds = stories.map((_, number) => new WatchWorld(`w${number}`, replicas));
    const worldOf = (name: string) => worlds[Number(/^w(\d+)-/.exec(name)?.[1])] as WatchWorld;
    for (const [replica, cloud] of clouds.entries())
      cloud.behave((call) => worldOf(call.service === 'iam' ? String(call.token) : call.project).answer(replica, call));
    const played = Promise.all(worlds.map((world, number) => world.play(stories[number] ?? [])));
    await delay(LAPSE_MS);
    clock.advance((PROOF_SECONDS + 1) * 1_000);
    await Promise.all(worlds.map((world) => world.lapse()));
    await played;
    const wrong = worlds.flatMap((world, number) =>
      world.wrong.length === 0 ? [] : [{ seed, wrong: world.wrong, story: JSON.stringify(stories[number]) }],
    );
    expect(wrong).toEqual([]);
    expect(worlds.reduce((sum, { told }) => sum + told, 0)).toBeGreaterThan(STORIES);
    // Whatever they did, nothing is left of them.
    const left = ({ app }: LocalReplica) => [app.get(TaskWatches), app.get(LongPoll), app.get(TaskStreams)];
    await eventually(() => replicas.flatMap(left).every(({ size }) => size === 0));
  }

  it('one gateway', () => holds(1, {}), 60_000);

  needing('redis-server').it(
    'two gateways that share a Redis',
    async () => {
      redis = await startRedis();
      await holds(2, { redis: redis.url });
    },
    60_000,
  );
});
