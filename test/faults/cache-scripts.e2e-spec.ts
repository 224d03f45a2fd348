import { beforeEach, expect } from '@jest/globals';
import { taskNames } from '@gateway/cache';
import type { TaskCache, TaskSnapshot } from '@gateway/cache';
import type { Redis } from 'ioredis';
import { EVENTS_CHANNEL } from '../../libs/cache/src/keys.js';
import { eventually } from '../support/eventually.js';
import { CacheBench, KEPT_MS, UNFINISHED, addressOf, nameOf, read, snapshotOf, store } from './support/caches.js';
import { needing } from '../support/needing.js';

const { describe, it } = needing('redis-server');
const bench = CacheBench.perTest();
const KEY = addressOf('task-0');
const NAMES = taskNames(KEY, 'alice');
const EARLIER = Date.parse('2026-11-21T10:01:02.002Z');
const LATER = Date.parse('2026-11-21T10:01:02.004Z');

let url: string;
let client: Redis;
let one: TaskCache;
let other: TaskCache;

beforeEach(async () => {
  ({ url } = await bench.server());
  client = bench.admin(url);
  [one, other] = [await bench.use(url), await bench.use(url)];
});

const signal = new AbortController().signal;
const take = (
  cache: TaskCache,
  isReadable: boolean | (() => Promise<boolean>) = true,
  asker = 'alice',
  patienceMs = 10_000,
) =>
  cache.leases.take(
    {
      names: taskNames(KEY, asker),
      generations: () => ({
        result: cache.results.generationOf(KEY),
        negative: cache.negatives.generationOf(KEY, asker),
      }),
      isReadable: typeof isReadable === 'boolean' ? () => isReadable : isReadable,
      now: Date.now,
    },
    patienceMs,
    signal,
  );
const inRedis = async () => (await bench.use(url)).results.read(KEY);

describe('what is stored', () => {
  it.each<[string, Partial<TaskSnapshot>, string, Partial<TaskSnapshot>, boolean]>([
    ['a final result', {}, 'a later unfinished one', { ...UNFINISHED, observedAt: LATER }, false],
    ['a final result', {}, 'an earlier final one', { observedAt: EARLIER }, false],
    ['a final result', {}, 'a later final one', { observedAt: LATER }, true],
    ['an unfinished result', UNFINISHED, 'an earlier one', { ...UNFINISHED, observedAt: EARLIER }, false],
    ['an unfinished result', UNFINISHED, 'a later one', { ...UNFINISHED, observedAt: LATER }, true],
    ['an unfinished result', UNFINISHED, 'a final one', { observedAt: EARLIER }, true],
  ])('%s is replaced in Redis by %s: %s', async (_what, present, _by, next, expected) => {
    // Neither process has the other's in its memory.
    await store(one, 'task-0', { version: 'present', ...present });
    await store(other, 'task-0', { version: 'next', ...next });
    await expect(inRedis()).resolves.toMatchObject({ version: expected ? 'next' : 'present' });
  });

  it('is replaced by anything when it is void', async () => {
    await store(one, 'task-0');
    await one.purge({ kind: 'scope', address: KEY });
    await store(one, 'task-0', { ...UNFINISHED, observedAt: EARLIER });
    await expect(client.get(nameOf('task-0'))).resolves.toContain(`|U|${EARLIER}|`);
    await expect(read(one, 'task-0')).resolves.toMatchObject({ final: false });
  });

  it('is replaced when it is no text of ours', async () => {
    await client.set(NAMES.result, 'F|9|9|'.repeat(100));
    await store(one, 'task-0', UNFINISHED);
    await expect(inRedis()).resolves.toMatchObject({ final: false });
  });

  it('is nothing where something that is no string has its name, and makes room', async () => {
    for (const name of [NAMES.result, NAMES.negative]) await client.hset(name, 'a', 'b');
    await expect(take(one)).resolves.toMatchObject({ kind: 'lead', lease: { name: NAMES.lease } });
    await expect(client.exists(NAMES.result, NAMES.negative)).resolves.toBe(0);
  });

  it('replaces what is no string, and gives the lease back', async () => {
    const turn = await take(one);
    await client.hset(NAMES.result, 'a', 'b');
    const kept = one.results.keep(KEY, snapshotOf('task-0'), KEPT_MS, KEPT_MS, '');
    one.leases.leave(turn.kind === 'lead' ? turn.lease : null, kept?.write ?? null);
    await one.settled();
    await expect(take(other)).resolves.toMatchObject({ kind: 'result' });
    await expect(client.exists(NAMES.lease)).resolves.toBe(0);
  });

  it('and proven while another asks whether it may be read is read, and asked for no second time', async () => {
    let proven = false;
    const isReadable = async (): Promise<boolean> => {
      if (proven) return true;
      await store(one, 'task-0');
      proven = true;
      return false;
    };
    await expect(take(other, isReadable)).resolves.toMatchObject({ kind: 'result' });
    await other.settled();
    await expect(client.exists(NAMES.lease)).resolves.toBe(0);
  });

  it('of a result is found by who may read it, and a refusal by its asker only', async () => {
    const refusal = { slug: 'task-not-found', detail: 'none' };
    const text = one.negatives.keep(KEY, 'alice', refusal, 5_000, 0, '');
    one.leases.leave(null, text);
    await one.settled();
    await expect(take(other)).resolves.toEqual({ kind: 'negative', text: text?.text, waited: false });
    await expect(take(other, true, 'bob')).resolves.toMatchObject({ kind: 'lead' });
    await store(one, 'task-0');
    await expect(take(other)).resolves.toMatchObject({ kind: 'result', waited: false });
    await expect(take(other, false)).resolves.toMatchObject({ kind: 'negative' });
    await expect(take(other, false, 'carol')).resolves.toMatchObject({ kind: 'lead' });
  });

  it('is of no use when it is no longer fresh, or void', async () => {
    let ahead = 0;
    const late = await bench.use(url, {}, () => Date.now() + ahead);
    await store(one, 'task-0');
    ahead = KEPT_MS;
    const turn = await late.leases.take(
      {
        names: NAMES,
        generations: () => ({ result: '', negative: '' }),
        isReadable: () => true,
        now: () => Date.now() + ahead,
      },
      10_000,
      signal,
    );
    expect(turn).toMatchObject({ kind: 'lead' });
    if (turn.kind === 'lead') late.leases.leave(turn.lease, null);
    await late.settled();
    await expect(take(other)).resolves.toMatchObject({ kind: 'result' });
    await other.purge({ kind: 'provider', provider: 'apig' });
    await expect(take(other)).resolves.toMatchObject({ kind: 'lead' });
  });

  it('after a purge that a process has not heard of is good for it', async () => {
    const before = one.results.generationOf(KEY);
    await other.purge({ kind: 'provider', provider: 'apig' });
    const generation = other.results.generationOf(KEY);
    const kept = other.results.keep(KEY, snapshotOf('task-0'), KEPT_MS, KEPT_MS, generation);
    other.leases.leave(null, kept?.write ?? null);
    await other.settled();
    const turn = await one.leases.take(
      { names: NAMES, generations: () => ({ result: before, negative: '' }), isReadable: () => true, now: Date.now },
      10_000,
      signal,
    );
    expect(turn).toMatchObject({ kind: 'result', text: kept?.write?.text });
  });
});

describe('the lease', () => {
  it('is of one at a time, and released by its owner only', async () => {
    const turn = await take(one);
    if (turn.kind !== 'lead' || turn.lease === null) throw new Error('no lease');
    await expect(client.get(NAMES.lease)).resolves.toBe(turn.lease.owner);
    await expect(take(other, true, 'alice', 0)).resolves.toEqual({ kind: 'lead', lease: null, waited: true });
    other.leases.leave({ ...turn.lease, owner: 'another', renewal: setInterval(() => undefined, 1_000) }, null);
    await other.settled();
    await expect(client.get(NAMES.lease)).resolves.toBe(`${turn.lease.owner}|awaited`);
    one.leases.leave(turn.lease, null);
    await one.settled();
    await expect(client.exists(NAMES.lease)).resolves.toBe(0);
  });

  it.each(['nobody waits', 'another waits'])('is renewed by its owner only, where %s', async (who) => {
    const turn = await take(one);
    if (turn.kind !== 'lead' || turn.lease === null) throw new Error('no lease');
    if (who === 'another waits') await take(other, true, 'alice', 0);
    const first = await client.pttl(NAMES.lease);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(1_000);
    let lowest = first;
    await eventually(async () => {
      const left = await client.pttl(NAMES.lease);
      lowest = Math.min(lowest, left);
      return left > lowest + 100;
    });
    await client.set(NAMES.lease, 'another', 'PX', 500);
    await eventually(async () => (await client.exists(NAMES.lease)) === 0);
    one.leases.leave(turn.lease, null);
  });

  it('tells of its end where somebody waits, and nobody else', async () => {
    const heard: string[] = [];
    const listener = bench.admin(url);
    listener.on('message', (_channel: string, message: string) => heard.push(message));
    await listener.subscribe(EVENTS_CHANNEL);
    const alone = await take(one, true, 'bob');
    if (alone.kind !== 'lead') throw new Error('no lease');
    one.leases.leave(alone.lease, null);
    const turn = await take(one);
    if (turn.kind !== 'lead') throw new Error('no lease');
    const waiting = take(other);
    await eventually(async () => (await client.get(NAMES.lease))?.endsWith('|awaited') === true);
    one.leases.leave(turn.lease, null);
    await expect(waiting).resolves.toMatchObject({ kind: 'lead', waited: true });
    await eventually(() => heard.length > 0);
    expect(heard).toEqual([NAMES.lease]);
  });

  it('ends when its owner dies, and one of those who wait takes over', async () => {
    await take(one);
    const third = await bench.use(url);
    const waiting = [other, third].map(async (cache) => {
      const turn = await take(cache);
      if (turn.kind !== 'lead') return turn.kind;
      expect(turn).toMatchObject({ waited: true, lease: { name: NAMES.lease } });
      const kept = cache.results.keep(KEY, snapshotOf('task-0'), KEPT_MS, KEPT_MS, '');
      cache.leases.leave(turn.lease, kept?.write ?? null);
      return 'lead';
    });
    await one.close();
    await expect(Promise.all(waiting).then((kinds) => kinds.sort())).resolves.toEqual(['lead', 'result']);
  });

  it.each([
    ['has no end', () => client.set(NAMES.lease, 'x')],
    ['ends in an hour', () => client.set(NAMES.lease, 'x', 'PX', 3_600_000)],
  ])('that %s is none', async (_what, plant) => {
    await plant();
    await expect(take(one)).resolves.toMatchObject({ kind: 'lead', waited: false, lease: { name: NAMES.lease } });
    expect(await client.pttl(NAMES.lease)).toBeLessThanOrEqual(1_000);
  });
});
