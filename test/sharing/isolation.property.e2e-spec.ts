import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { moveClocks } from '../faults/support/clock.js';
import type { MovedClock } from '../faults/support/clock.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { notFound, startCloud } from './support/cloud.js';
import type { Cloud } from './support/cloud.js';
import { ROLES, WAYS } from './support/isolation-story.js';
import type { Step } from './support/isolation-story.js';
import { IsolationWorld } from './support/isolation-world.js';
import { startLocal } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';

const withRedis = needing('redis-server');
const PROOF_SECONDS = 200;
const STORIES = 300;
/** Nanoseconds for the stories of each test, by a clock that nobody moves; how many that are depends on the machine. */
const ENOUGH_NS = 8_000_000_000n;

const small = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
/** Mostly the first, so that a story is about somebody. */
const mostlyFirst = (max: number): fc.Arbitrary<number> =>
  fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, small(max));
const region = fc.constantFrom('own', 'own', 'shared');
const ask = fc.record({
  kind: fc.constant('ask' as const),
  replica: small(1),
  token: mostlyFirst(2),
  region,
  project: mostlyFirst(1),
  task: mostlyFirst(1),
  way: fc.oneof({ arbitrary: fc.constantFrom('plain', 'plain', 'no-cache'), weight: 2 }, fc.constantFrom(...WAYS)),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: ask },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('role' as const),
      token: mostlyFirst(2),
      project: mostlyFirst(1),
      role: fc.constantFrom(...ROLES),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('hold', 'release', 'leave', 'finish') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.constantFrom(1, 3, 150, 201) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('down' as const),
      what: fc.constantFrom('nothing', 'services', 'services', 'identity'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('purge' as const),
      replica: small(1),
      what: fc.constantFrom('task', 'scope', 'provider', 'principal'),
      region,
      number: small(1),
    }),
  },
);

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

/** The same gateways tell all stories; each story has its own tokens, projects and tasks. */
async function setStage(count: number, shared: { readonly redis?: string }): Promise<void> {
  clouds = await Promise.all(Array.from({ length: count }, () => startCloud(() => notFound, true)));
  const cache = { proofTtlSeconds: PROOF_SECONDS, unfinishedTtlSeconds: 2, negativeTtlSeconds: 5, staleSeconds: 600 };
  const access = { mode: 'passthrough' };
  replicas = await Promise.all(clouds.map(({ url }) => startLocal({ cloud: url, cache, access, ...shared })));
}

describe('any events in any order: no caller receives what it could not have fetched itself', () => {
  async function holds(count: number, shared: { readonly redis?: string }): Promise<void> {
    await setStage(count, shared);
    const end = process.hrtime.bigint() + ENOUGH_NS;
    let failed = false;
    const story = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25, size: 'max' }), async (steps) => {
      // No story is broken off: the gateways would be closed in the middle of it. A failure is told as briefly as can be.
      if (!failed && process.hrtime.bigint() > end) return;
      const world = new IsolationWorld({ replicas, clouds, clock, proofMs: PROOF_SECONDS * 1_000 });
      for (const one of steps) await world.take(one);
      await world.release();
      failed ||= world.wrong.length > 0;
      expect(world.wrong).toEqual([]);
    });
    await fc.assert(story, { numRuns: STORIES });
  }

  it('one gateway', () => holds(1, {}), 120_000);

  withRedis.it(
    'two gateways that share a Redis',
    async () => {
      redis = await startRedis();
      await holds(2, { redis: redis.url });
    },
    120_000,
  );
});
