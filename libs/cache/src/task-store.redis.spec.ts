import { beforeEach, describe, expect, it } from '@jest/globals';
import { CacheSettings } from './settings.js';
import { TaskStore } from './task-store.js';
import { encodeTask } from './task-entry.js';
import type { StoredTask } from './task-entry.js';
import { resultName } from './keys.js';
import { FakeRedis } from '../../redis/src/testing/fake-redis.js';
import { OBSERVED, SEAL, START, UNFINISHED, connectedTo, addressOf, snapshotOf } from './testing/fake-stores.js';

const KEY = addressOf('a');
const NAME = resultName(KEY);
const MIB = 1024 * 1024;
type Connected = Awaited<ReturnType<typeof connectedTo>>;

let redis: FakeRedis;
let process: Connected;

beforeEach(async () => {
  redis = new FakeRedis();
  process = await connectedTo(redis);
});

function storeWith(settings: Partial<CacheSettings> = {}): TaskStore {
  return new TaskStore({ ...new CacheSettings(), ...settings }, process, process.redis, process.purges);
}

function storedOf(changes: Partial<StoredTask> = {}): StoredTask {
  const times = { freshUntil: START + 60_000, keptUntil: START + 120_000 };
  return { ...snapshotOf('a'), task: KEY.key, epoch: '', ...times, ...changes };
}

/** What another process has put there. */
function planted(changes: Partial<StoredTask> = {}): void {
  redis.values.set(NAME, encodeTask(SEAL, NAME, storedOf(changes)));
}

describe('results in Redis', () => {
  it('are handed out to be written, under an opaque name, for as long as they are kept', () => {
    process.draw = 0.5;
    const kept = storeWith().set(KEY, snapshotOf('a'), 1_000, 100_000, '');
    expect(kept?.write).toEqual({
      name: NAME,
      text: encodeTask(SEAL, NAME, kept!.stored),
      ttlMs: 95_000,
      changed: `changed v-a ${KEY.key}`,
    });
    expect(redis.sent).toEqual([]);
  });

  it('are read where memory has nothing, and remembered', async () => {
    const store = storeWith();
    planted();
    expect(store.getLocal(KEY)).toBeNull();
    for (let round = 0; round < 2; round += 1) await expect(store.getCached(KEY)).resolves.toEqual(storedOf());
    expect(store.getLocal(KEY)).toEqual(storedOf());
    expect(redis.sent).toEqual([`get ${NAME}`]);
  });

  it('are read again where memory has none that is fresh: the better one counts', async () => {
    const store = storeWith();
    store.set(KEY, snapshotOf('a', UNFINISHED), 1_000, 200_000, '');
    process.time += 1_000;
    await expect(store.getCached(KEY)).resolves.toMatchObject({ final: false });
    planted({ ...UNFINISHED, observedAt: Date.parse('2026-11-21T10:01:02.002Z'), version: 'earlier' });
    await expect(store.getCached(KEY)).resolves.toMatchObject({ version: 'v-a' });
    planted({ version: 'final' });
    await expect(store.getCached(KEY)).resolves.toMatchObject({ final: true, version: 'final' });
    process.time = START + 60_000;
    planted({ ...UNFINISHED, observedAt: Date.parse('2026-11-21T10:01:03.000Z') });
    await expect(store.getCached(KEY)).resolves.toMatchObject({ final: true, version: 'final' });
    expect(process.mismatches).toBe(0);
  });

  it('are read once for many readers at one time, and again after that', async () => {
    const store = storeWith();
    let open = (): void => undefined;
    redis.behave = () => new Promise((resolve) => (open = resolve));
    const reads = Array.from({ length: 1_000 }, () => store.getCached(KEY));
    planted();
    open();
    const found = await Promise.all(reads);
    expect(found.every((stored) => stored?.version === 'v-a')).toBe(true);
    expect(redis.sent).toHaveLength(1);
    redis.behave = () => undefined;
    store.delete(KEY);
    await process.redis.settled();
    await expect(store.getCached(KEY)).resolves.toBeNull();
    expect(redis.sent).toEqual([`get ${NAME}`, `del ${NAME}`, `get ${NAME}`]);
  });

  it('are read anew after news that comes while they are read', async () => {
    const store = storeWith();
    const opens: (() => void)[] = [];
    redis.behave = () => new Promise((resolve) => opens.push(resolve));
    planted({ ...UNFINISHED, freshUntil: START });
    const early = store.getCached(KEY);
    store.onChanged(`changed v-2 ${KEY.key}`);
    const late = store.getCached(KEY);
    expect(redis.sent).toEqual([`get ${NAME}`, `get ${NAME}`]);
    opens[0]?.();
    await expect(early).resolves.toMatchObject({ version: 'v-a' });
    const shared = store.getCached(KEY);
    planted({ ...UNFINISHED, freshUntil: START, observedAt: OBSERVED + 1, version: 'v-2' });
    opens[1]?.();
    await expect(late).resolves.toMatchObject({ version: 'v-2' });
    await expect(shared).resolves.toMatchObject({ version: 'v-2' });
    expect(redis.sent).toHaveLength(2);
  });

  it('are not preferred to what was stored here while they were read', async () => {
    const store = storeWith();
    planted({ ...UNFINISHED, observedAt: Date.parse('2026-11-22T00:00:00.000Z') });
    const read = store.getCached(KEY);
    store.set(KEY, snapshotOf('a', { version: 'here' }), 60_000, 60_000, '');
    await expect(read).resolves.toMatchObject({ version: 'here' });
  });

  it('are a miss when Redis fails; what memory keeps is still there', async () => {
    const store = storeWith();
    redis.behave = () => Promise.reject(new Error('Command timed out'));
    await expect(store.getCached(KEY)).resolves.toBeNull();
    store.set(KEY, snapshotOf('a', UNFINISHED), 1_000, 60_000, '');
    process.time += 1_000;
    await expect(store.getCached(KEY)).resolves.toMatchObject({ version: 'v-a' });
  });

  it('are void after a purge, also when it comes while they are read', async () => {
    const store = storeWith();
    redis.answer = () => null;
    planted();
    store.set(KEY, snapshotOf('a', UNFINISHED), 1_000, 60_000, '');
    process.time += 1_000;
    const read = store.getCached(KEY);
    await process.purges.purge({ kind: 'task', address: KEY });
    await expect(read).resolves.toBeNull();
    await expect(store.getCached(KEY)).resolves.toBeNull();
    // Not deleted: it does no harm, and somebody else may have written a good one by now.
    expect([redis.values.has(NAME), process.mismatches]).toEqual([true, 0]);
    planted({ epoch: process.purges.ofTask(KEY) });
    await expect(store.getCached(KEY)).resolves.not.toBeNull();
  });

  it('that are over are a miss, whatever the server thinks', async () => {
    planted({ keptUntil: START });
    await expect(storeWith().getCached(KEY)).resolves.toBeNull();
  });

  it('do not live longer than anything may, whatever they claim', async () => {
    planted({ freshUntil: Number.MAX_SAFE_INTEGER, keptUntil: Number.MAX_SAFE_INTEGER });
    const end = START + 60_000;
    const found = storeWith({ finalTtlSeconds: 60, staleSeconds: 0 }).getCached(KEY);
    await expect(found).resolves.toMatchObject({ freshUntil: end, keptUntil: end });
  });

  it.each([1, 2_000])(
    'unfinished answer: of a replica whose clock is %d ms ahead, it is fresh for as long as it was there',
    async (aheadMs) => {
      const observedAt = START + aheadMs;
      planted({ ...UNFINISHED, observedAt, freshUntil: observedAt + 1_500, keptUntil: observedAt + 61_500 });
      const times = { freshUntil: START + 1_500, keptUntil: START + 61_500 };
      await expect(storeWith().getCached(KEY)).resolves.toMatchObject(times);
    },
  );

  it.each([2_001, 3_600_000])(
    'unfinished answer: of a replica whose clock is %d ms ahead, it is a miss, however often it is read',
    async (aheadMs) => {
      const observedAt = START + aheadMs;
      planted({ ...UNFINISHED, observedAt, freshUntil: observedAt + 1_500, keptUntil: observedAt + 61_500 });
      const store = storeWith();
      for (let round = 0; round < 2; round += 1) await expect(store.getCached(KEY)).resolves.toBeNull();
      // No lie: it is left to its writer, and to what is written next.
      await process.redis.settled();
      expect([redis.values.has(NAME), process.mismatches]).toEqual([true, 0]);
      // Nor is it better than what this replica finds out itself.
      const own = snapshotOf('a', { ...UNFINISHED, version: 'here', observedAt: START });
      expect(store.set(KEY, own, 1_500, 61_500, '')?.write).toMatchObject({ name: NAME });
      expect(store.getLocal(KEY)).toMatchObject({ version: 'here' });
    },
  );

  it('final answer: of a replica whose clock is an hour ahead, it is fresh for as long as it was there', async () => {
    const observedAt = START + 3_600_000;
    planted({ observedAt, freshUntil: observedAt + 60_000, keptUntil: observedAt + 120_000 });
    const times = { freshUntil: START + 60_000, keptUntil: START + 120_000 };
    await expect(storeWith().getCached(KEY)).resolves.toMatchObject(times);
  });

  it('entry of schema version 5: a miss under its own name, and under the name of today', async () => {
    const old = 'tg:v5:{b1uSpgZpVq14mFWZ-L2-Y3_P_CXBchZMFhzszHSusNA}';
    const times = { pollAfterSeconds: null, keptUntil: START + 120_000 };
    const header = { v: 5, task: KEY.key, version: 'v-a', ...times, file: null };
    const text = `CqBXKlSHvG9A5vVQ4ZiFyiOa|F|${OBSERVED}|${START + 60_000}||${JSON.stringify(header)}\n{"id":"a"}`;
    redis.values.set(old, text);
    await expect(storeWith().getCached(KEY)).resolves.toBeNull();
    expect(redis.sent).toEqual([`get ${NAME}`]);
    redis.values.set(NAME, text);
    await expect(storeWith().getCached(KEY)).resolves.toBeNull();
    await process.redis.settled();
    expect([redis.values.get(old), redis.values.has(NAME)]).toEqual([text, false]);
  });

  it.each([
    ['of another task', encodeTask(SEAL, NAME, storedOf({ task: addressOf('b').key }))],
    ['of another scope', encodeTask(SEAL, NAME, storedOf({ task: addressOf('a', { projectId: 'q' }).key }))],
    ['changed', encodeTask(SEAL, NAME, storedOf()).replace('"id"', '"di"')],
    ['cut short', encodeTask(SEAL, NAME, storedOf()).slice(0, -1)],
    ['empty', ''],
    ['larger than anything may be', encodeTask(SEAL, NAME, storedOf({ body: 'x'.repeat(9_489) }))],
  ])('that are %s are deleted, counted and not served', async (_what, text) => {
    const store = storeWith({ maxEntryBytes: 10_000 });
    redis.values.set(NAME, text);
    await expect(store.getCached(KEY)).resolves.toBeNull();
    await process.redis.settled();
    expect([redis.values.has(NAME), process.mismatches]).toEqual([false, 1]);
    redis.values.set(NAME, text);
    expect(store.accept(KEY, text)).toBeNull();
    await process.redis.settled();
    expect([redis.values.has(NAME), process.mismatches]).toEqual([false, 2]);
  });

  it('that one process may keep, another may keep, however long their names are', () => {
    const key = KEY.with({ id: 'i'.repeat(1_000) });
    const settings = { maxEntryBytes: 10_000 };
    const snapshot = snapshotOf('a', { body: 'x'.repeat(9_488), version: 'v'.repeat(100) });
    const { write } = storeWith(settings).set(key, snapshot, 60_000, 60_000, '') ?? {};
    expect(storeWith(settings).accept(key, write?.text ?? '')).toMatchObject(snapshot);
  });

  it('of more than 2 MiB stay in the process that asked', () => {
    const store = storeWith();
    const keep = (size: number) => store.set(KEY, snapshotOf('a', { body: 'x'.repeat(size) }), 1_000, 1_000, '');
    expect(keep(2 * MIB - 512)?.write).not.toBeNull();
    const kept = keep(2 * MIB - 511);
    expect([kept === null, kept?.write]).toEqual([false, null]);
    expect(store.getLocal(KEY)?.body).toHaveLength(2 * MIB - 511);
  });

  it('are there without memory, too', async () => {
    const store = storeWith({ memoryBytes: 0 });
    const { write } = store.set(KEY, snapshotOf('a'), 1_000, 1_000, '') ?? {};
    redis.values.set(NAME, write?.text ?? '');
    expect(store.getLocal(KEY)).toBeNull();
    await expect(store.getCached(KEY)).resolves.toMatchObject({ version: 'v-a' });
    expect(store.set(KEY, snapshotOf('a', { body: 'x'.repeat(9 * MIB) }), 1_000, 1_000, '')).toBeNull();
  });
});
