import { beforeEach, describe, expect, it } from '@jest/globals';
import { CacheSettings } from './settings.js';
import { TaskStore } from './task-store.js';

import { FakeProcess, START, UNFINISHED, addressOf, snapshotOf } from './testing/fake-stores.js';

const KEY = addressOf('a');
const EARLIER = Date.parse('2026-11-21T10:01:02.002Z');
const LATER = Date.parse('2026-11-21T10:01:02.004Z');

let process: FakeProcess;

beforeEach(() => {
  process = new FakeProcess();
});

function storeWith(settings: Partial<CacheSettings> = {}): TaskStore {
  return new TaskStore({ ...new CacheSettings(), ...settings }, process, null, process.purges);
}

describe('results in memory', () => {
  it('are fresh for a while, then kept for a while, then gone', async () => {
    const store = storeWith();
    const snapshot = snapshotOf('a', { ...UNFINISHED, artifact: { fileName: 'f', mediaType: 'm', content: 'c' } });
    expect(store.getLocal(KEY)).toBeNull();
    const stored = {
      ...snapshot,
      task: KEY.key,
      freshUntil: START + 1_500,
      keptUntil: START + 61_500,
      epoch: '',
    };
    expect(store.set(KEY, snapshot, 1_500, 61_500, '')).toEqual({ stored, write: null });
    for (process.time of [START, START + 1_500, START + 61_499]) {
      expect(store.getLocal(KEY)).toEqual(stored);
      await expect(store.getCached(KEY)).resolves.toEqual(stored);
    }
    process.time = START + 61_500;
    expect(store.getLocal(KEY)).toBeNull();
    await expect(store.getCached(KEY)).resolves.toBeNull();
  });

  it('are of one task in one scope', () => {
    const store = storeWith();
    store.set(KEY, snapshotOf('a'), 60_000, 60_000, '');
    for (const other of [
      { id: 'b' },
      { provider: 'ims' },
      { region: 'eu-nl' },
      { projectId: null },
      { instanceId: 'p' },
    ])
      expect(store.getLocal(addressOf('a', other))).toBeNull();
    expect(store.getLocal(addressOf('a'))).not.toBeNull();
  });

  it.each([
    ['final', 'unfinished', {}, { ...UNFINISHED, observedAt: LATER }, false],
    ['final', 'an earlier final', {}, { observedAt: EARLIER }, false],
    ['final', 'a later final', {}, { observedAt: LATER }, true],
    ['unfinished', 'an earlier unfinished', UNFINISHED, { ...UNFINISHED, observedAt: EARLIER }, false],
    ['unfinished', 'one of the same time', UNFINISHED, { ...UNFINISHED }, true],
    ['unfinished', 'an earlier final', UNFINISHED, { observedAt: EARLIER }, true],
  ])('that are %s, replaced by %s', (_what, _by, present, other, expected) => {
    const store = storeWith();
    store.set(KEY, snapshotOf('a', { version: 'present', ...present }), 60_000, 60_000, '');
    const kept = store.set(KEY, snapshotOf('a', { version: 'other', ...other }), 60_000, 60_000, '');
    expect(kept !== null).toBe(expected);
    expect(store.getLocal(KEY)?.version).toBe(expected ? 'other' : 'present');
  });

  it('that are over are replaced by anything', () => {
    const store = storeWith();
    store.set(KEY, snapshotOf('a'), 60_000, 60_000, '');
    process.time += 60_000;
    expect(store.set(KEY, snapshotOf('a', UNFINISHED), 1_000, 1_000, '')).not.toBeNull();
  });

  it('that could not be served are not kept', () => {
    const store = storeWith({ maxEntryBytes: 2_000 });
    const keeps = (changes: object, freshMs = 60_000): boolean =>
      store.set(KEY, snapshotOf('a', changes), freshMs, 60_000, '') !== null;
    expect(keeps({ pollAfterSeconds: 5 })).toBe(false);
    expect(keeps({ observedAt: Number.NaN })).toBe(false);
    expect(keeps({ observedAt: -1 })).toBe(false);
    for (const freshMs of [0, -1, 0.5, Number.NaN]) expect(keeps({}, freshMs)).toBe(false);
    expect(store.getLocal(KEY)).toBeNull();
  });

  it('that can change have no poll hint where the task is done, and give way to later ones', () => {
    const store = storeWith();
    store.set(KEY, snapshotOf('a', { final: false }), 60_000, 60_000, '');
    expect(store.getLocal(KEY)).toMatchObject({ final: false, pollAfterSeconds: null });
    store.set(KEY, snapshotOf('a', { ...UNFINISHED, observedAt: LATER }), 60_000, 60_000, '');
    expect(store.getLocal(KEY)).toMatchObject({ pollAfterSeconds: 5 });
  });

  it('that are unfinished may be kept without ever being fresh', () => {
    const store = storeWith();
    const keep = (freshMs: number, keptMs: number) => store.set(KEY, snapshotOf('a', UNFINISHED), freshMs, keptMs, '');
    for (const [freshMs, keptMs] of [
      [0, 0],
      [-1, 1_000],
      [Number.NaN, 1_000],
    ] as const)
      expect(keep(freshMs, keptMs)).toBeNull();
    expect(keep(0, 1_000)?.stored).toMatchObject({ freshUntil: START, keptUntil: START + 1_000 });
    expect(store.getLocal(KEY)).not.toBeNull();
  });

  it('are kept at least as long as they are fresh, and no longer than anything', () => {
    const store = storeWith({ finalTtlSeconds: 60, staleSeconds: 0 });
    const times = (freshMs: number, keptMs: number): unknown => {
      const { freshUntil = 0, keptUntil = 0 } = store.set(KEY, snapshotOf('a'), freshMs, keptMs, '')?.stored ?? {};
      return [freshUntil - START, keptUntil - START];
    };
    expect(times(1_000, 0)).toEqual([1_000, 1_000]);
    expect(times(1e9, 0)).toEqual([60_000, 60_000]);
    expect(times(Infinity, Infinity)).toEqual([60_000, 60_000]);
  });

  it('unfinished answer: kept for as long as it may be shown, also where final ones are not', () => {
    const store = storeWith({ finalTtlSeconds: 2, unfinishedTtlSeconds: 1.5, staleSeconds: 60 });
    const kept = store.set(KEY, snapshotOf('a', UNFINISHED), 1_500, 61_500, '');
    expect(kept?.stored).toMatchObject({ freshUntil: START + 1_500, keptUntil: START + 61_500 });
  });

  it('lose up to a tenth of their time, so that they do not end together', () => {
    const store = storeWith();
    const times = [0, 0.5, 0.999999].map((draw) => {
      process.draw = draw;
      return store.set(KEY, snapshotOf('a'), 1_000, 100_000, '')?.stored;
    });
    expect(times.map((stored) => (stored?.freshUntil ?? 0) - START)).toEqual([1_000, 950, 900]);
    expect(times.map((stored) => (stored?.keptUntil ?? 0) - START)).toEqual([100_000, 95_000, 90_000]);
  });

  it('are bounded in bytes, not in characters', () => {
    const store = storeWith({ maxEntryBytes: 1_512 });
    const keeps = (body: string, content: string | null = null): boolean => {
      const artifact = content === null ? null : { fileName: 'f', mediaType: 'm', content };
      return store.set(KEY, snapshotOf('a', { body, artifact }), 1_000, 1_000, '') !== null;
    };
    expect([keeps('x'.repeat(1_000)), keeps('x'.repeat(1_001))]).toEqual([true, false]);
    expect([keeps('ü'.repeat(500)), keeps('ü'.repeat(501))]).toEqual([true, false]);
    expect([keeps('x'.repeat(500), 'ü'.repeat(250)), keeps('x'.repeat(500), 'ü'.repeat(251))]).toEqual([true, false]);
  });

  it('leave memory when others need it, the ones that were not read for longest first', () => {
    const store = storeWith({ memoryBytes: 5_000 });
    for (const id of ['a', 'b', 'c']) {
      store.set(addressOf(id), snapshotOf(id, { body: 'x'.repeat(1_500) }), 1_000, 1_000, '');
      store.getLocal(KEY);
    }
    expect(['a', 'b', 'c'].map((id) => store.getLocal(addressOf(id)) !== null)).toEqual([true, false, true]);
  });

  it.each([0, 1, 600])('are not stored by a process with %d bytes for them', (memoryBytes) => {
    const store = storeWith({ memoryBytes });
    expect(store.set(KEY, snapshotOf('a', { body: 'x'.repeat(100) }), 1_000, 1_000, '')).toBeNull();
    expect(store.getLocal(KEY)).toBeNull();
  });
});

describe('purged results', () => {
  it('are gone at once, and so are answers that were on their way', async () => {
    const store = storeWith();
    const before = store.epochOf(KEY);
    store.set(KEY, snapshotOf('a'), 60_000, 60_000, before);
    await process.purges.purge({ kind: 'scope', address: KEY });
    expect(store.getLocal(KEY)).toBeNull();
    await expect(store.getCached(KEY)).resolves.toBeNull();
    expect(store.set(KEY, snapshotOf('a'), 60_000, 60_000, before)).toBeNull();
    const after = store.epochOf(KEY);
    expect(store.set(KEY, snapshotOf('a', UNFINISHED), 60_000, 60_000, after)).not.toBeNull();
    expect(store.getLocal(KEY)).toMatchObject({ final: false, epoch: after });
  });

  it('do not take others with them', async () => {
    const store = storeWith();
    for (const id of ['a', 'b']) store.set(addressOf(id), snapshotOf(id), 60_000, 60_000, '');
    await process.purges.purge({ kind: 'task', address: KEY });
    expect([store.getLocal(KEY), store.getLocal(addressOf('b'))?.version]).toEqual([null, 'v-b']);
  });

  it('can be dropped from memory', () => {
    const store = storeWith();
    store.set(KEY, snapshotOf('a'), 60_000, 60_000, '');
    store.delete(KEY);
    expect(store.getLocal(KEY)).toBeNull();
  });
});
