import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MAX_PURGES, Purges } from './purges.js';
import { isSince } from './envelope.js';
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
    const epochs = [''];
    for (let count = 0; count < 3; count += 1) {
      await expect(purges.purge(target)).resolves.toBe(true);
      const present = purges.ofTask(KEY);
      for (const before of epochs) expect(isSince(before, present)).toBe(false);
      expect(isSince(present, present)).toBe(true);
      epochs.push(present);
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

  it('of a principal voids its proofs and its negative entries, and nothing else', async () => {
    await purges.purge({ kind: 'principal', principal: 'alice' });
    expect(purges.ofPrincipal('alice')).not.toBe('');
    expect(purges.ofPrincipal('bob')).toBe('');
    expect(isSince('', purges.ofNegative(KEY, 'alice'))).toBe(false);
    expect(isSince('', purges.ofNegative(KEY, 'bob'))).toBe(true);
    const between = purges.ofNegative(KEY, 'alice');
    expect(between).toBe(`...${purges.ofPrincipal('alice')}`);
    await purges.purge({ kind: 'task', address: KEY });
    expect(isSince(between, purges.ofNegative(KEY, 'alice'))).toBe(false);
    expect(isSince('', purges.ofNegative(KEY, 'bob'))).toBe(false);
    const after = purges.ofNegative(KEY, 'alice');
    await purges.purge({ kind: 'principal', principal: 'alice' });
    expect(isSince(after, purges.ofNegative(KEY, 'alice'))).toBe(false);
  });

  it('draws a later id also while the clock stands still or goes back', async () => {
    const epochs: string[] = [];
    for (const step of [0, 0, -5_000, 0]) {
      time += step;
      await purges.purge({ kind: 'provider', provider: 'apig' });
      epochs.push(purges.ofTask(KEY));
    }
    expect(epochs).toEqual([...new Set(epochs)].sort());
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
