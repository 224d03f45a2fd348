import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MAX_PURGES, Purges, isSince } from './purges.js';
import type { PurgeTarget } from './purges.js';
import { HORIZON_MS, SEAL, START, addressOf } from './testing/fake-stores.js';

const KEY = addressOf('a');
const TARGETS: readonly PurgeTarget[] = [
  { kind: 'task', address: KEY },
  { kind: 'scope', address: KEY },
  { kind: 'provider', provider: 'apig' },
];

let time: number;
let purges: Purges;

beforeEach(() => {
  time = START;
  purges = new Purges(null, HORIZON_MS, { now: () => time, seal: SEAL, onMismatch: () => undefined });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a purge', () => {
  it.each(TARGETS)('voids what was stored about it, each time: $kind', async (target) => {
    const generations = [''];
    for (let count = 0; count < 3; count += 1) {
      await expect(purges.purge(target)).resolves.toBe(true);
      const present = purges.ofTask(KEY);
      for (const before of generations) expect(isSince(before, present)).toBe(false);
      expect(isSince(present, present)).toBe(true);
      generations.push(present);
    }
  });

  it('voids exactly what it names', async () => {
    const others = [KEY.with({ id: 'b' }), KEY.with({ instanceId: 'i', id: 'b' }), KEY.with({ provider: 'ims' })];
    const voided = (): readonly boolean[] => others.map((key) => purges.ofTask(key) !== '');
    await purges.purge({ kind: 'principal', principal: 'alice' });
    expect(purges.ofTask(KEY)).toBe('');
    await purges.purge({ kind: 'task', address: KEY });
    expect(voided()).toEqual([false, false, false]);
    await purges.purge({ kind: 'scope', address: KEY });
    expect(voided()).toEqual([true, false, false]);
    await purges.purge({ kind: 'provider', provider: 'apig' });
    expect(voided()).toEqual([true, true, false]);
  });

  it('of a principal is of that one, and of what that one was refused', async () => {
    await purges.purge({ kind: 'principal', principal: 'alice' });
    expect(purges.ofPrincipal('alice')).not.toBe('');
    expect(purges.ofPrincipal('bob')).toBe('');
    expect(isSince('', purges.ofRefusal(KEY, 'alice'))).toBe(false);
    expect(isSince('', purges.ofRefusal(KEY, 'bob'))).toBe(true);
    const between = purges.ofRefusal(KEY, 'alice');
    expect(between).toBe(`...${purges.ofPrincipal('alice')}`);
    await purges.purge({ kind: 'task', address: KEY });
    expect(isSince(between, purges.ofRefusal(KEY, 'alice'))).toBe(false);
    expect(isSince('', purges.ofRefusal(KEY, 'bob'))).toBe(false);
    const after = purges.ofRefusal(KEY, 'alice');
    await purges.purge({ kind: 'principal', principal: 'alice' });
    expect(isSince(after, purges.ofRefusal(KEY, 'alice'))).toBe(false);
  });

  it('draws a later id also while the clock stands still or goes back', async () => {
    const generations: string[] = [];
    for (const step of [0, 0, -5_000, 0]) {
      time += step;
      await purges.purge({ kind: 'provider', provider: 'apig' });
      generations.push(purges.ofTask(KEY));
    }
    expect(generations).toEqual([...new Set(generations)].sort());
  });

  it('is refused where too many are remembered that something older can be stored under, except of what was purged before', async () => {
    for (let count = 0; count < MAX_PURGES; count += 1)
      await purges.purge({ kind: 'principal', principal: String(count) });
    const before = purges.ofPrincipal('0');
    await expect(purges.purge({ kind: 'principal', principal: 'more' })).rejects.toThrow(RangeError);
    expect(purges.ofPrincipal('more')).toBe('');
    await expect(purges.purge({ kind: 'principal', principal: '0' })).resolves.toBe(true);
    expect(purges.ofPrincipal('0') > before).toBe(true);
    time += HORIZON_MS;
    await expect(purges.purge({ kind: 'principal', principal: 'more' })).rejects.toThrow(RangeError);
    time += 2;
    await expect(purges.purge({ kind: 'principal', principal: 'more' })).resolves.toBe(true);
    expect([purges.ofPrincipal('0'), purges.ofPrincipal('1')]).toEqual(['', '']);
  });

  it('leaves no timer behind, and needs none without Redis', () => {
    jest.useFakeTimers();
    purges.start();
    expect(jest.getTimerCount()).toBe(0);
    purges.stop();
  });
});

describe('isSince', () => {
  it.each([
    ['', '', true],
    ['', 'b..', false],
    ['b..', '', true],
    ['b..', 'b..', true],
    ['a..', 'b..', false],
    ['c..', 'b..', true],
    ['b..', '.b.', false],
    ['b.c.', 'b.b.', true],
    ['b.c.d', 'b.c.e', false],
    ['b.c.d', 'b.c.d.e', false],
    ['...e', 'b..', false],
    ['b..', '...e', false],
    ['b...e', '...e', true],
  ])('%j after %j: %s', (stored, present, expected) => {
    expect(isSince(stored, present)).toBe(expected);
  });
});
