import { beforeEach, expect } from '@jest/globals';
import type { TaskCache, TaskSnapshot } from '@gateway/cache';
import type { Redis } from 'ioredis';
import { EVENTS_CHANNEL, taskNames } from '../../libs/cache/src/keys.js';
import { eventually } from '../support/eventually.js';
import { CacheBench, KEPT_MS, UNFINISHED, addressOf, nameOf, read, snapshotOf, store } from './support/caches.js';
import { needing } from '../support/needing.js';
import { inside } from '../../libs/cache/src/testing/cache-internals.js';

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
  mayRead: boolean | (() => Promise<boolean>) = true,
  partition = 'alice',
  patienceMs = 10_000,
) =>
  inside(cache).locks.acquire(
    {
      names: taskNames(KEY, partition),
      epochs: () => ({
        result: inside(cache).tasks.epochOf(KEY),
        negative: inside(cache).negatives.epochOf(KEY, partition),
      }),
      mayRead: typeof mayRead === 'boolean' ? () => mayRead : mayRead,
      observedSince: null,
    },
    patienceMs,
    signal,
  );
const takeInEpoch = (cache: TaskCache, result: string) =>
  inside(cache).locks.acquire(
    { names: NAMES, epochs: () => ({ result, negative: '' }), mayRead: () => true, observedSince: null },
    10_000,
    signal,
  );
const inRedis = async () => inside(await bench.use(url)).tasks.getCached(KEY);

describe('entry', () => {
  it.each<[string, Partial<TaskSnapshot>, string, Partial<TaskSnapshot>, boolean]>([
    ['a final result', {}, 'a later unfinished one', { ...UNFINISHED, observedAt: LATER }, false],
    ['a final result', {}, 'an earlier final one', { observedAt: EARLIER }, false],
    ['a final result', {}, 'a later final one', { observedAt: LATER }, true],
    ['an unfinished result', UNFINISHED, 'an earlier one', { ...UNFINISHED, observedAt: EARLIER }, false],
    ['an unfinished result', UNFINISHED, 'a later one', { ...UNFINISHED, observedAt: LATER }, true],
    ['an unfinished result', UNFINISHED, 'a final one', { observedAt: EARLIER }, true],
  ])('%s, replaced in Redis by %s: %s', async (_what, present, _by, next, expected) => {
    // Neither process has the other's in its memory.
    await store(one, 'task-0', { version: 'present', ...present });
    await store(other, 'task-0', { version: 'next', ...next });
    await expect(inRedis()).resolves.toMatchObject({ version: expected ? 'next' : 'present' });
  });

  it('void: replaced by anything', async () => {
    await store(one, 'task-0');
    await one.purge({ kind: 'scope', address: KEY });
    await store(one, 'task-0', { ...UNFINISHED, observedAt: EARLIER });
    await expect(client.get(nameOf('task-0'))).resolves.toContain(`|U|${EARLIER}|`);
    await expect(read(one, 'task-0')).resolves.toMatchObject({ final: false });
  });

  it('unfinished, of a replica whose clock is ahead: asked for by others, and replaced', async () => {
    const ahead = 3_600_000;
    const early = await bench.use(url, {}, () => Date.now() + ahead);
    await store(early, 'task-0', { ...UNFINISHED, observedAt: Date.now() + ahead, version: 'ahead' });
    const acquired = await take(one);
    expect(acquired).toMatchObject({ kind: 'acquired', lock: { name: NAMES.lock } });
    if (acquired.kind === 'acquired') inside(one).locks.release(acquired.lock, null);
    await store(one, 'task-0', { ...UNFINISHED, observedAt: Date.now(), version: 'own' });
    await expect(take(other)).resolves.toMatchObject({ kind: 'result', text: expect.stringContaining('"own"') });
    await expect(inRedis()).resolves.toMatchObject({ version: 'own' });
  });

  it('negative, of a replica whose clock is ahead: asked for by others, and replaced', async () => {
    const early = await bench.use(url, {}, () => Date.now() + 3_600_000);
    const negativeOf = (cache: TaskCache, detail: string) =>
      inside(cache).negatives.set(KEY, 'alice', { slug: 'task-not-found', detail }, 60_000, 0, '');
    inside(early).locks.release(null, negativeOf(early, 'ahead'));
    await early.settled();
    const acquired = await take(one);
    expect(acquired).toMatchObject({ kind: 'acquired', lock: { name: NAMES.lock } });
    if (acquired.kind === 'acquired') inside(one).locks.release(acquired.lock, negativeOf(one, 'own'));
    await one.settled();
    await expect(take(other)).resolves.toMatchObject({ kind: 'negative', text: expect.stringContaining('"own"') });
  });

  it('no text of ours: replaced', async () => {
    await client.set(NAMES.result, 'F|9|9|'.repeat(100));
    await store(one, 'task-0', UNFINISHED);
    await expect(inRedis()).resolves.toMatchObject({ final: false });
  });

  it('no string: read as nothing, and deleted', async () => {
    for (const name of [NAMES.result, NAMES.negative]) await client.hset(name, 'a', 'b');
    await expect(take(one)).resolves.toMatchObject({ kind: 'acquired', lock: { name: NAMES.lock } });
    await expect(client.exists(NAMES.result, NAMES.negative)).resolves.toBe(0);
  });

  it('stored where no string is: replaces it, and releases the fill lock', async () => {
    const turn = await take(one);
    await client.hset(NAMES.result, 'a', 'b');
    const kept = inside(one).tasks.set(KEY, snapshotOf('task-0'), KEPT_MS, KEPT_MS, '');
    inside(one).locks.release(turn.kind === 'acquired' ? turn.lock : null, kept?.write ?? null);
    await one.settled();
    await expect(take(other)).resolves.toMatchObject({ kind: 'result' });
    await expect(client.exists(NAMES.lock)).resolves.toBe(0);
  });

  it('stored and proven while another asks whether it may be read: read, and not fetched again', async () => {
    let proven = false;
    const mayRead = async (): Promise<boolean> => {
      if (proven) return true;
      await store(one, 'task-0');
      proven = true;
      return false;
    };
    await expect(take(other, mayRead)).resolves.toMatchObject({ kind: 'result' });
    await other.settled();
    await expect(client.exists(NAMES.lock)).resolves.toBe(0);
  });

  it('result: found by who may read it; negative entry: by its partition only', async () => {
    const problem = { slug: 'task-not-found', detail: 'none' };
    const text = inside(one).negatives.set(KEY, 'alice', problem, 5_000, 0, '');
    inside(one).locks.release(null, text);
    await one.settled();
    await expect(take(other)).resolves.toEqual({ kind: 'negative', text: text?.text, waited: false });
    await expect(take(other, true, 'bob')).resolves.toMatchObject({ kind: 'acquired' });
    await store(one, 'task-0');
    await expect(take(other)).resolves.toMatchObject({ kind: 'result', waited: false });
    await expect(take(other, false)).resolves.toMatchObject({ kind: 'negative' });
    await expect(take(other, false, 'carol')).resolves.toMatchObject({ kind: 'acquired' });
  });

  it('no longer fresh, or void: not found', async () => {
    let ahead = 0;
    const late = await bench.use(url, {}, () => Date.now() + ahead);
    await store(one, 'task-0');
    ahead = KEPT_MS;
    const turn = await takeInEpoch(late, '');
    expect(turn).toMatchObject({ kind: 'acquired' });
    if (turn.kind === 'acquired') inside(late).locks.release(turn.lock, null);
    await late.settled();
    await expect(take(other)).resolves.toMatchObject({ kind: 'result' });
    await other.purge({ kind: 'provider', provider: 'apig' });
    await expect(take(other)).resolves.toMatchObject({ kind: 'acquired' });
  });

  it('of an epoch that a process does not know yet: good for it', async () => {
    const before = inside(one).tasks.epochOf(KEY);
    await other.purge({ kind: 'provider', provider: 'apig' });
    const epoch = inside(other).tasks.epochOf(KEY);
    const kept = inside(other).tasks.set(KEY, snapshotOf('task-0'), KEPT_MS, KEPT_MS, epoch);
    inside(other).locks.release(null, kept?.write ?? null);
    await other.settled();
    await expect(takeInEpoch(one, before)).resolves.toMatchObject({ kind: 'result', text: kept?.write?.text });
  });
});

describe('fill lock', () => {
  it('two at a time: one owner, and released by it only', async () => {
    const turn = await take(one);
    if (turn.kind !== 'acquired' || turn.lock === null) throw new Error('no lock');
    await expect(client.get(NAMES.lock)).resolves.toBe(turn.lock.owner);
    await expect(take(other, true, 'alice', 0)).resolves.toEqual({ kind: 'acquired', lock: null, waited: true });
    inside(other).locks.release({ ...turn.lock, owner: 'another', renewal: setInterval(() => undefined, 1_000) }, null);
    await other.settled();
    await expect(client.get(NAMES.lock)).resolves.toBe(`${turn.lock.owner}|awaited`);
    inside(one).locks.release(turn.lock, null);
    await one.settled();
    await expect(client.exists(NAMES.lock)).resolves.toBe(0);
  });

  it.each(['nobody waits', 'another waits'])('where %s: renewed by its owner only', async (who) => {
    const turn = await take(one);
    if (turn.kind !== 'acquired' || turn.lock === null) throw new Error('no lock');
    if (who === 'another waits') await take(other, true, 'alice', 0);
    const first = await client.pttl(NAMES.lock);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(1_000);
    let lowest = first;
    await eventually(async () => {
      const left = await client.pttl(NAMES.lock);
      lowest = Math.min(lowest, left);
      return left > lowest + 100;
    });
    await client.set(NAMES.lock, 'another', 'PX', 500);
    await eventually(async () => (await client.exists(NAMES.lock)) === 0);
    inside(one).locks.release(turn.lock, null);
  });

  it('released: published only where somebody waits', async () => {
    const heard: string[] = [];
    const listener = bench.admin(url);
    listener.on('message', (_channel: string, message: string) => heard.push(message));
    await listener.subscribe(EVENTS_CHANNEL);
    const alone = await take(one, true, 'bob');
    if (alone.kind !== 'acquired') throw new Error('no lock');
    inside(one).locks.release(alone.lock, null);
    const turn = await take(one);
    if (turn.kind !== 'acquired') throw new Error('no lock');
    const waiting = take(other);
    await eventually(async () => (await client.get(NAMES.lock))?.endsWith('|awaited') === true);
    inside(one).locks.release(turn.lock, null);
    await expect(waiting).resolves.toMatchObject({ kind: 'acquired', waited: true });
    await eventually(() => heard.length > 0);
    expect(heard).toEqual([NAMES.lock]);
  });

  it('owner dies: expires, and one waiter acquires it', async () => {
    await take(one);
    const third = await bench.use(url);
    const waiting = [other, third].map(async (cache) => {
      const turn = await take(cache);
      if (turn.kind !== 'acquired') return turn.kind;
      expect(turn).toMatchObject({ waited: true, lock: { name: NAMES.lock } });
      const kept = inside(cache).tasks.set(KEY, snapshotOf('task-0'), KEPT_MS, KEPT_MS, '');
      inside(cache).locks.release(turn.lock, kept?.write ?? null);
      return 'acquired';
    });
    await one.close();
    await expect(Promise.all(waiting).then((kinds) => kinds.sort())).resolves.toEqual(['acquired', 'result']);
  });

  it.each([
    ['has no end', () => client.set(NAMES.lock, 'x')],
    ['ends in an hour', () => client.set(NAMES.lock, 'x', 'PX', 3_600_000)],
  ])('that %s: none', async (_what, plant) => {
    await plant();
    await expect(take(one)).resolves.toMatchObject({ kind: 'acquired', waited: false, lock: { name: NAMES.lock } });
    expect(await client.pttl(NAMES.lock)).toBeLessThanOrEqual(1_000);
  });
});
