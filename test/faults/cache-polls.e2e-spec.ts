import { beforeEach, expect } from '@jest/globals';
import type { FetchedTask, TaskCache } from '@gateway/cache';
import { taskNames } from '../../libs/cache/src/keys.js';
import { inside } from '../../libs/cache/src/testing/cache-internals.js';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { CacheBench, KEPT_MS, UNFINISHED, addressOf, snapshotOf } from './support/caches.js';

const { describe, it } = needing('redis-server');
const bench = CacheBench.perTest();
const KEY = addressOf('task-0');
const { signal } = new AbortController();
const REFUSED = { slug: 'permission-denied', detail: 'no' };

let url: string;
let one: TaskCache;
let other: TaskCache;
/** Who asked the upstream, in this order. */
let asked: string[];

beforeEach(async () => {
  ({ url } = await bench.server());
  [one, other] = [await bench.use(url), await bench.use(url)];
  asked = [];
});

interface Poll {
  readonly partition: string;
  readonly lock?: string;
  readonly observedSince?: number | null;
  readonly proven?: boolean;
  readonly freshMs?: number;
  /** Comes before the upstream's reply, which may be a failure. */
  readonly reply?: () => Promise<unknown>;
}

/** What an answer is made of that nobody calls fresh any more. */
const answerAt = (observedAt: number, freshMs = 0): FetchedTask => ({
  snapshot: snapshotOf('task-0', { ...UNFINISHED, observedAt }),
  freshMs,
  keptMs: KEPT_MS,
  yieldsToFinal: true,
});

async function poll(cache: TaskCache, { partition, reply, ...poll }: Poll) {
  const { lock = 'polls', observedSince = Date.now() - KEPT_MS / 2, proven = true, freshMs } = poll;
  const options = {
    partition,
    lock,
    observedSince,
    mayRead: () => proven,
    bypass: false,
    keep: true,
    waitMs: 20_000,
    negativeOf: () => ({ entry: REFUSED, ttlMs: 5_000, visibleAfterMs: 0 }),
    signal,
  };
  const filled = await cache.fill(KEY, options, async () => {
    asked.push(partition);
    await reply?.();
    return answerAt(Date.now(), freshMs);
  });
  await cache.settled();
  return filled;
}

/** Resolves the first one's question when another waits for it. */
function untilAwaited(lock = 'polls'): () => Promise<void> {
  const client = bench.admin(url);
  const { lock: name } = taskNames(KEY, '', lock);
  return () => eventually(async () => (await client.get(name))?.endsWith('|awaited') === true);
}

async function untilAsked(partition: string): Promise<void> {
  await eventually(() => asked.includes(partition));
}

describe('polls of two partitions, in two processes', () => {
  it('at one time: one asks, the other waits and takes what is stored', async () => {
    const first = poll(one, { partition: 'alice', reply: untilAwaited() });
    await untilAsked('alice');
    await expect(poll(other, { partition: 'bob' })).resolves.toMatchObject({ kind: 'stored', waited: true });
    await expect(first).resolves.toMatchObject({ kind: 'fetched', isStored: true });
    expect(asked).toEqual(['alice']);
  });

  it('one without a proof: asks itself, after the other', async () => {
    const first = poll(one, { partition: 'alice', reply: untilAwaited() });
    await untilAsked('alice');
    await expect(poll(other, { partition: 'bob', proven: false })).resolves.toMatchObject({ kind: 'fetched' });
    await first;
    expect(asked).toEqual(['alice', 'bob']);
  });

  it('the one that asks is refused: its failure and its negative entry are its own, and the other asks', async () => {
    const refusal = async (): Promise<never> => {
      await untilAwaited()();
      throw new Error('refused');
    };
    const first = poll(one, { partition: 'alice', reply: refusal });
    const outcome = expect(first).rejects.toThrow('refused');
    await untilAsked('alice');
    await expect(poll(other, { partition: 'bob' })).resolves.toMatchObject({ kind: 'fetched', isStored: true });
    await outcome;
    expect(asked).toEqual(['alice', 'bob']);
    expect([one.negatives.getLocal(KEY, 'alice'), one.negatives.getLocal(KEY, 'bob')]).toEqual([REFUSED, null]);
    await expect(poll(other, { partition: 'alice', proven: false })).resolves.toMatchObject({ kind: 'negative' });
  });

  it('each under the lock of its partition: both ask', async () => {
    const first = poll(one, { partition: 'alice', lock: 'alice', reply: () => untilAsked('bob') });
    await untilAsked('alice');
    await poll(other, { partition: 'bob', lock: 'bob' });
    await first;
    expect(asked).toEqual(['alice', 'bob']);
  });
});

describe('an answer that is stored and not fresh', () => {
  it('observed since then: taken by who has a proof, not by a request, nor by who has none', async () => {
    await poll(one, { partition: 'alice' });
    await expect(poll(other, { partition: 'bob' })).resolves.toMatchObject({ kind: 'stored', waited: false });
    await expect(poll(other, { partition: 'bob', proven: false })).resolves.toMatchObject({ kind: 'fetched' });
    await expect(poll(other, { partition: 'carol', observedSince: null })).resolves.toMatchObject({ kind: 'fetched' });
    expect(asked).toEqual(['alice', 'bob', 'carol']);
  });

  it('observed before: asked for', async () => {
    await poll(one, { partition: 'alice' });
    await expect(poll(other, { partition: 'bob', observedSince: Date.now() + 1 })).resolves.toMatchObject({
      kind: 'fetched',
    });
  });

  it('purged in between: asked for', async () => {
    await poll(one, { partition: 'alice' });
    await other.purge({ kind: 'provider', provider: 'apig' });
    await expect(poll(other, { partition: 'bob' })).resolves.toMatchObject({ kind: 'fetched' });
    expect(asked).toEqual(['alice', 'bob']);
  });

  it('of a replica whose clock is ahead: asked for', async () => {
    const early = await bench.use(url, {}, () => Date.now() + 60_000);
    const kept = inside(early).tasks.set(KEY, answerAt(Date.now() + 60_000).snapshot, 0, KEPT_MS, '');
    inside(early).locks.release(null, kept?.write ?? null);
    await early.settled();
    await expect(poll(other, { partition: 'bob' })).resolves.toMatchObject({ kind: 'fetched' });
  });

  it('taken by a poll that a request of the partition has joined: the request asks for itself', async () => {
    await poll(one, { partition: 'alice' });
    const [polled, requested] = await Promise.all([
      poll(other, { partition: 'bob', lock: 'bob' }),
      poll(other, { partition: 'bob', lock: 'bob', observedSince: null }),
    ]);
    expect([polled.kind, requested.kind, asked]).toEqual(['stored', 'fetched', ['alice', 'bob']]);
  });

  it('asked for by a request: a poll of the partition that has joined it takes its answer', async () => {
    const [requested, polled] = await Promise.all([
      poll(other, { partition: 'bob', lock: 'bob', observedSince: null }),
      poll(other, { partition: 'bob', lock: 'bob' }),
    ]);
    expect([requested.shared, polled.shared, asked]).toEqual([false, true, ['bob']]);
  });
});
