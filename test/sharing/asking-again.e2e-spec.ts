import { afterEach, beforeEach, expect } from '@jest/globals';
import { Redis } from 'ioredis';
import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import type { LookupTarget } from '@gateway/upstream';
import { PROVIDERS } from '@gateway/providers';
import type { Caller } from '../../apps/gateway/src/access/authentication.js';
import { AccessProofs } from '../../apps/gateway/src/tasks/access-proofs.js';
import { TasksService } from '../../apps/gateway/src/tasks/tasks.service.js';
import { taskNames } from '../../libs/cache/src/keys.js';
import { moveClocks } from '../faults/support/clock.js';
import type { MovedClock } from '../faults/support/clock.js';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { behind, closedGate, forbidden, running, startCloud, succeeded, unavailable } from './support/cloud.js';
import type { Cloud } from './support/cloud.js';
import { startLocal } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';

const { describe, it } = needing('redis-server');
const SECOND = 1_000;
const CACHE = { unfinishedTtlSeconds: 0, staleSeconds: 60, proofTtlSeconds: 300 };
const { signal } = new AbortController();

let clock: MovedClock;
let cloud: Cloud;
let server: RedisServer;
let client: Redis;
let one: LocalReplica;
let other: LocalReplica;

const start = (cache = {}): Promise<LocalReplica> =>
  startLocal({ cloud: cloud.url, redis: server.url, cache: { ...CACHE, ...cache } });

async function restart(cache: object): Promise<void> {
  await Promise.all([one.close(), other.close()]);
  [one, other] = [await start(cache), await start(cache)];
}
beforeEach(async () => {
  clock = moveClocks();
  cloud = await startCloud(running);
  server = await startRedis();
  client = new Redis(server.url);
  [one, other] = [await start(), await start()];
});
afterEach(async () => {
  await Promise.all([one.close(), other.close()]);
  client.disconnect();
  await server.stop();
  await cloud.close();
  clock.restore();
});

const provider = PROVIDERS.find(({ id }) => id === 'ims')!;
const targetIn = (region: string): LookupTarget => ({
  provider,
  address: new TaskAddress({ provider: 'ims', region, projectId: 'project-1', instanceId: null, id: 'task-1' }),
});
const OWN = targetIn('own');
const SHARED = targetIn('shared');
const callerOf = (token: string): Caller => ({
  token,
  principal: `principal-of-${token}`,
  account: `account-of-${token}`,
  grant: { kind: 'own-token' },
  endsAt: null,
});
const [ALICE, BOB] = [callerOf('alice'), callerOf('bob')];
const TRUSTED: Caller = {
  token: null,
  principal: 'trusted',
  account: 'trusted',
  grant: { kind: 'everything' },
  endsAt: null,
};

const tasksOf = ({ app }: LocalReplica): TasksService => app.get(TasksService, { strict: false });
const ask = (replica: LocalReplica, caller: Caller, observedSince = Date.now() - 5 * SECOND, target = OWN) =>
  tasksOf(replica).ask(target, caller, observedSince, signal);
/** Redis has taken what the replica has written: answer and proof. */
const written = ({ app }: LocalReplica): Promise<void> => app.get(TaskCache, { strict: false }).settled();
const tokens = (): readonly (string | null)[] => cloud.calls.map(({ token }) => token);

/** What the replica that polls has written for all others to see. */
const lock = async (): Promise<string> => (await client.get(taskNames(OWN.address, '', 'polls').lock)) ?? '';

describe('an answer that is not fresh', () => {
  it.each([
    ["the gateway's credentials", TRUSTED, SHARED],
    ["the caller's own token", ALICE, OWN],
  ])(
    'observed since then, with %s: taken in every replica, and a request asks all the same',
    async (_, who, target) => {
      const first = await ask(one, who, undefined, target);
      await written(one);
      for (const replica of [one, other])
        await expect(ask(replica, who, first.observedAt, target)).resolves.toMatchObject({ source: 'cache' });
      expect(cloud.calls).toHaveLength(1);
      await eventually(() => Date.now() > first.observedAt);
      const since = first.observedAt + 1;
      await expect(ask(other, who, since, target)).resolves.toMatchObject({ source: 'live' });
      await written(other);
      await expect(ask(one, who, since, target)).resolves.toMatchObject({ source: 'cache' });
      expect(cloud.calls).toHaveLength(2);
      const directives = {
        reload: false,
        onlyIfCached: false,
        noStore: false,
        maxAgeSeconds: null,
        observedSince: null,
      };
      await expect(tasksOf(one).find(target, who, directives, signal)).resolves.toMatchObject({ source: 'live' });
      expect(cloud.calls).toHaveLength(3);
    },
  );

  it('nobody else sees it without a proof: asks with the own token', async () => {
    await ask(one, ALICE);
    await expect(ask(other, BOB)).resolves.toMatchObject({ source: 'live' });
    cloud.behave(() => forbidden);
    await expect(ask(one, callerOf('carol'))).rejects.toMatchObject({ slug: 'permission-denied' });
    await expect(ask(one, BOB)).resolves.toMatchObject({ source: 'cache' });
    expect(tokens()).toEqual(['carol']);
  });

  it('kept for longer than it may be shown as stale: taken, and never shown as stale', async () => {
    await restart({ staleSeconds: 0 });
    // As a request that is long over has resolved it.
    await expect(ask(one, ALICE, undefined, { ...OWN, endsAt: 0 })).resolves.toMatchObject({ source: 'live' });
    await written(one);
    clock.advance(SECOND);
    await expect(ask(other, ALICE)).resolves.toMatchObject({ source: 'cache' });
    await expect(tasksOf(one).staleSeen(OWN, ALICE)).resolves.toBeNull();
    cloud.behave(() => unavailable);
    await expect(ask(one, ALICE, Date.now())).rejects.toMatchObject({ slug: 'upstream-unavailable' });
  });
});

describe('two who have a proof, in two replicas, at one time', () => {
  const proven = async (): Promise<void> => {
    await ask(one, ALICE);
    await ask(other, BOB);
  };

  it('one asks, and the other waits for its answer', async () => {
    await proven();
    const held = closedGate();
    cloud.behave(behind(held, succeeded));
    const since = Date.now();
    const first = ask(one, ALICE, since);
    await eventually(() => cloud.calls.length === 1);
    const second = ask(other, BOB, since);
    await eventually(async () => (await lock()).endsWith('|awaited') || cloud.calls.length > 1);
    held.open();
    await expect(Promise.all([first, second])).resolves.toMatchObject([{ source: 'live' }, { source: 'cache' }]);
    expect(tokens()).toEqual(['alice']);
  });

  it('the one that asks is refused: the other asks, and has its answer', async () => {
    await proven();
    const held = closedGate();
    const refused = behind(held, () => forbidden);
    cloud.behave((call) => (call.token === 'alice' ? refused(call) : succeeded(call)));
    const since = Date.now();
    const first = expect(ask(one, ALICE, since)).rejects.toMatchObject({ slug: 'permission-denied' });
    await eventually(() => cloud.calls.length === 1);
    const second = ask(other, BOB, since);
    await eventually(async () => (await lock()).endsWith('|awaited') || cloud.calls.length > 1);
    held.open();
    await first;
    await expect(second).resolves.toMatchObject({ source: 'live' });
    expect(tokens()).toEqual(['alice', 'bob']);
  });
});

describe('what is known without asking', () => {
  it('last seen: of who has a proof, from memory and from Redis, however old', async () => {
    await ask(one, ALICE);
    await written(one);
    clock.advance(3 * SECOND);
    for (const replica of [one, other])
      await expect(tasksOf(replica).lastSeen(OWN, ALICE)).resolves.toMatchObject({ source: 'cache' });
    for (const replica of [one, other]) await expect(tasksOf(replica).lastSeen(OWN, BOB)).resolves.toBeNull();
    await expect(tasksOf(one).lastSeen(targetIn('silent'), ALICE)).resolves.toBeNull();
    clock.advance(300 * SECOND);
    await expect(tasksOf(one).lastSeen(OWN, ALICE)).resolves.toBeNull();
    expect(cloud.calls).toHaveLength(1);
  });

  it('stale: as a request would be shown it', async () => {
    // Who waits for it asks once a minute: it is kept for longer than it is shown.
    const slow = { ...OWN, provider: { ...provider, poll: { minSeconds: 60, maxSeconds: 60 } } };
    await ask(one, ALICE, undefined, slow);
    await expect(tasksOf(one).staleSeen(OWN, BOB)).resolves.toBeNull();
    clock.advance(50 * SECOND);
    await expect(tasksOf(one).staleSeen(OWN, ALICE)).resolves.toMatchObject({ source: 'stale' });
    clock.advance(11 * SECOND);
    await expect(tasksOf(one).staleSeen(OWN, ALICE)).resolves.toBeNull();
    await expect(tasksOf(one).lastSeen(OWN, ALICE)).resolves.toMatchObject({ source: 'cache' });
    cloud.behave(succeeded);
    await ask(one, ALICE);
    await expect(tasksOf(one).staleSeen(OWN, ALICE)).resolves.toBeNull();
  });

  it('end of the proof: of all that has to be proven, as far as this process knows', async () => {
    const endsAt = (replica: LocalReplica, caller: Caller, target: LookupTarget): number => {
      const proofs = replica.app.get(AccessProofs, { strict: false });
      return proofs.endsAt(proofs.accessOf(caller, target));
    };
    expect(endsAt(one, TRUSTED, SHARED)).toBe(Infinity);
    expect(endsAt(one, ALICE, OWN)).toBe(-Infinity);
    await ask(one, ALICE);
    const end = endsAt(one, ALICE, OWN);
    expect(end).toBeGreaterThan(Date.now() + 260 * SECOND);
    expect(end).toBeLessThanOrEqual(Date.now() + 300 * SECOND);
    expect([endsAt(other, ALICE, OWN), endsAt(one, BOB, OWN)]).toEqual([-Infinity, -Infinity]);
    const scopeless = { ...OWN, provider: { ...provider, scope: [] } };
    expect(endsAt(one, ALICE, scopeless)).toBe(-Infinity);
    clock.advance(300 * SECOND);
    expect(endsAt(one, ALICE, OWN)).toBe(-Infinity);
  });
});
