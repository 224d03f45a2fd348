import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CHECK_MS, endOfWait, OpenWaits } from './open-waits.js';
import type { Wait, WaitEnd } from './wait.js';

const BEGAN = 1_000_000;

beforeEach(() => void jest.useFakeTimers({ now: BEGAN }));
afterEach(() => void jest.useRealTimers());

/** Stands in the place of a wait: when it ends is all that is looked at. */
function waitUntil(
  waits: OpenWaits,
  endsAt: number,
  tokenEndsAt = Infinity,
): { readonly ends: number[]; readonly wait: Wait } {
  const ends: number[] = [];
  const wait = {
    endsAt,
    tokenEndsAt,
    end: (_end: WaitEnd) => {
      ends.push(Date.now() - BEGAN);
      waits.delete(wait);
    },
  } as unknown as Wait;
  waits.add(wait);
  return { ends, wait };
}

describe('OpenWaits', () => {
  it.each([1, 2, 20, 50])('wait of %s s: never ends later, and at most a sixteenth earlier', (seconds) => {
    for (const random of [0, 0.01, 0.5, 0.999_999])
      for (const begun of [0, 1, CHECK_MS / 2, CHECK_MS - 1]) {
        jest.setSystemTime(BEGAN);
        const waits = new OpenWaits();
        const { wait: first } = waitUntil(waits, Infinity);
        jest.advanceTimersByTime(begun);
        const { ends } = waitUntil(waits, endOfWait(performance.now(), seconds, random));
        jest.advanceTimersByTime(seconds * 1000);
        const ms = (ends[0] ?? NaN) - begun;
        expect([ends.length, ms <= seconds * 1000, ms >= (seconds * 1000 * 15) / 16]).toEqual([1, true, true]);
        waits.delete(first);
      }
  });

  it.each([-3_600_000, 3_600_000])('clock that is set by %s ms: a wait lasts as long as ever', (ms) => {
    const waits = new OpenWaits();
    const { ends, wait } = waitUntil(waits, endOfWait(performance.now(), 20, 0));
    jest.setSystemTime(BEGAN + ms);
    jest.advanceTimersByTime(18_000);
    expect(ends).toEqual([]);
    jest.advanceTimersByTime(2_000);
    expect(ends).toHaveLength(1);
    waits.delete(wait);
  });

  it('token that ends before the time that was asked for: ends the wait', () => {
    const waits = new OpenWaits();
    const { ends } = waitUntil(waits, endOfWait(performance.now(), 20, 0), Date.now() + 5_000);
    jest.advanceTimersByTime(4_900);
    expect(ends).toEqual([]);
    jest.advanceTimersByTime(100);
    expect(ends).toHaveLength(1);
  });

  it('last wait that ends or leaves: leaves no timer', async () => {
    const waits = new OpenWaits();
    const [one, other] = [waitUntil(waits, Infinity), waitUntil(waits, Infinity)];
    expect(jest.getTimerCount()).toBe(1);
    waits.delete(one.wait);
    expect(jest.getTimerCount()).toBe(1);
    await waits.endAll();
    expect([other.ends, one.ends, jest.getTimerCount()]).toEqual([[0], [], 0]);
  });
});
