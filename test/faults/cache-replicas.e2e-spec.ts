import { beforeEach, expect, jest } from '@jest/globals';
import type { TaskCache } from '@gateway/cache';
import { eventually } from '../support/eventually.js';
import { CacheBench, IDS, KEPT_MS, UNFINISHED, addressOf, snapshotOf, store } from './support/caches.js';
import { needing } from '../support/needing.js';
import { inside } from '../../libs/cache/src/testing/cache-internals.js';
import { taskNames } from '../../libs/cache/src/keys.js';

const { describe, it } = needing('redis-server');
const bench = CacheBench.perTest();
const { signal } = new AbortController();

let url: string;
let one: TaskCache;
let other: TaskCache;

beforeEach(async () => {
  ({ url } = await bench.server());
  [one, other] = [await bench.use(url), await bench.use(url)];
});

const take = (cache: TaskCache, id: string, partition = 'gateway') =>
  inside(cache).locks.acquire(
    {
      names: taskNames(addressOf(id), partition),
      epochs: () => ({ result: inside(cache).tasks.epochOf(addressOf(id)), negative: '' }),
      mayRead: () => true,
      observedSince: null,
    },
    20_000,
    signal,
  );

describe('two gateways that ask at one time', () => {
  it('same tasks: one fetch for each, and all get its answer', async () => {
    const leads: string[] = [];
    const ask = async (cache: TaskCache, id: string): Promise<string> => {
      const turn = await take(cache, id);
      if (turn.kind === 'result') return inside(cache).tasks.accept(addressOf(id), turn.text)?.version ?? 'unreadable';
      if (turn.kind !== 'acquired' || turn.lock === null) return 'alone';
      leads.push(id);
      const kept = inside(cache).tasks.set(addressOf(id), snapshotOf(id), KEPT_MS, KEPT_MS, '');
      inside(cache).locks.release(turn.lock, kept?.write ?? null);
      return kept?.stored.version ?? 'not kept';
    };
    const ids = IDS.slice(0, 5);
    const asked = ids.flatMap((id) =>
      Array.from({ length: 40 }, (_, index) => ({ id, cache: [one, other][index % 2]! })),
    );
    const answers = await Promise.all(asked.map(({ id, cache }) => ask(cache, id)));
    expect(answers).toEqual(asked.map(({ id }) => `v-${id}`));
    expect(leads.sort()).toEqual(ids);
  });

  it('nothing is stored: fetch one at a time', async () => {
    let [asking, most, leads] = [0, 0, 0];
    const ask = async (cache: TaskCache): Promise<void> => {
      const turn = await take(cache, 'task-0');
      if (turn.kind !== 'acquired' || turn.lock === null) throw new Error(turn.kind);
      leads += 1;
      asking += 1;
      most = Math.max(most, asking);
      await new Promise((resolve) => setImmediate(resolve));
      asking -= 1;
      inside(cache).locks.release(turn.lock, null);
    };
    await Promise.all([one, other, one, other].map(ask));
    expect([leads, most]).toEqual([4, 1]);
  });

  it('different partitions: do not wait for each other', async () => {
    await expect(take(one, 'task-0', 'alice')).resolves.toMatchObject({ kind: 'acquired', waited: false });
    await expect(take(other, 'task-0', 'bob')).resolves.toMatchObject({ kind: 'acquired', waited: false });
  });

  it('fill lock released: the waiter is woken by a message', async () => {
    const turn = await take(one, 'task-0');
    const { lock: name } = taskNames(addressOf('task-0'), 'gateway');
    const woken = jest.spyOn(inside(other).locks, 'onReleased');
    // Until it hears: that its subscription has begun is told to nobody.
    const client = bench.admin(url);
    await eventually(async () => {
      await client.publish('tg:v6:events', 'hello');
      return woken.mock.calls.length > 0;
    });
    woken.mockClear();
    const waiting = take(other, 'task-0');
    const kept = inside(one).tasks.set(addressOf('task-0'), snapshotOf('task-0', UNFINISHED), KEPT_MS, KEPT_MS, '');
    inside(one).locks.release(turn.kind === 'acquired' ? turn.lock : null, kept?.write ?? null);
    await expect(waiting).resolves.toMatchObject({ kind: 'result', text: kept?.write?.text });
    await eventually(() => woken.mock.calls.some(([message]) => message === name));
  });
});

describe('a proof', () => {
  const { scope } = addressOf('any');
  const prove = async (cache: TaskCache): Promise<void> => {
    cache.proofs.set('alice', scope, KEPT_MS, cache.proofs.epochOf('alice'));
    await cache.settled();
  };

  it('set in one gateway: good for all, until its principal is voided in one of them', async () => {
    await prove(one);
    await expect(other.proofs.has('alice', scope)).resolves.toBe(true);
    await expect(other.proofs.has('bob', scope)).resolves.toBe(false);
    await expect(other.purge({ kind: 'principal', principal: 'alice' })).resolves.toBe(true);
    expect(other.proofs.hasLocal('alice', scope)).toBe(false);
    await eventually(() => !one.proofs.hasLocal('alice', scope));
    for (const cache of [one, other]) await expect(cache.proofs.has('alice', scope)).resolves.toBe(false);
    await prove(one);
    await expect(other.proofs.has('alice', scope)).resolves.toBe(true);
  });

  it('revoked before it was read: none', async () => {
    await prove(one);
    one.proofs.revoke('alice', scope);
    await one.settled();
    for (const cache of [one, other]) await expect(cache.proofs.has('alice', scope)).resolves.toBe(false);
  });

  it('planted under the name of another: none, and deleted', async () => {
    const client = bench.admin(url);
    await prove(one);
    const [bobs = ''] = await client.keys('tg:v6:proof:*');
    const text = (await client.get(bobs)) ?? '';
    await client.flushall();
    other.proofs.set('bob', scope, KEPT_MS, '');
    await other.settled();
    const [name = ''] = await client.keys('tg:v6:proof:*');
    await client.set(name, text);
    await expect(one.proofs.has('bob', scope)).resolves.toBe(false);
    await one.settled();
    await expect(client.exists(name)).resolves.toBe(0);
    expect(one.counters().mismatches).toBe(1);
  });

  it("not there: what is stored is still found; to ask is the gateway's matter", async () => {
    await store(one, 'task-0');
    await expect(other.proofs.has('alice', scope)).resolves.toBe(false);
    await expect(inside(other).tasks.getCached(addressOf('task-0'))).resolves.not.toBeNull();
  });
});
