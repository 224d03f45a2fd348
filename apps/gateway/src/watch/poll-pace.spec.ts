import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Problem } from '@gateway/problems';
import { PollPace } from './poll-pace.js';

const { signal } = new AbortController();
const throttled = (retryAfterSeconds: number | null) =>
  new Problem('upstream-throttled', { detail: 'Too many.', retryAfterSeconds });
const fail = async (pace: PollPace, problem: Problem): Promise<void> =>
  expect(pace.run(() => Promise.reject(problem), signal)).rejects.toBe(problem);

/** Work that ends when it is told to. */
function held() {
  let end = (): void => undefined;
  let isRunning = false;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const work = async (): Promise<void> => {
    isRunning = true;
    await ended;
  };
  return { work, end: () => end(), isRunning: () => isRunning };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 0 }));
  afterEach(() => void jest.useRealTimers());
  const turns = (pace: PollPace, count: number): readonly number[] =>
    Array.from({ length: count }, () => Math.round(pace.reserveMs()));

  it('many tasks at once: evenly spread', () => {
    expect(turns(new PollPace({ perSecond: 50, places: 1 }), 5)).toEqual([0, 20, 40, 60, 80]);
  });

  it('after a time without questions: none are saved up', () => {
    const pace = new PollPace({ perSecond: 10, places: 1 });
    turns(pace, 3);
    jest.advanceTimersByTime(10_000);
    expect(turns(pace, 3)).toEqual([0, 100, 200]);
  });

  it('given back: the next one takes it', () => {
    const pace = new PollPace({ perSecond: 10, places: 1 });
    turns(pace, 3);
    pace.giveBack();
    expect(turns(pace, 2)).toEqual([200, 300]);
  });

  it.each([
    ['a time', 7, 7_000],
    ['none', null, 5_000],
  ])('the cloud throttles and names %s: no turn before, and then evenly spread', async (_what, seconds, ms) => {
    const pace = new PollPace({ perSecond: 10, places: 1 });
    await fail(pace, throttled(seconds));
    expect([turns(pace, 3), pace.isPaused]).toEqual([[ms, ms + 100, ms + 200], true]);
    jest.advanceTimersByTime(ms);
    expect(pace.isPaused).toBe(false);
  });

  it('given back during a pause: the pause is as long as before', async () => {
    const pace = new PollPace({ perSecond: 1, places: 1 });
    turns(pace, 3);
    await fail(pace, throttled(5));
    for (let count = 0; count < 3; count += 1) pace.giveBack();
    expect(turns(pace, 1)).toEqual([5_000]);
  });

  it('the cloud throttles for a shorter time than before: the longer one holds', async () => {
    const pace = new PollPace({ perSecond: 1, places: 2 });
    await Promise.all([fail(pace, throttled(9)), fail(pace, throttled(1))]);
    expect(turns(pace, 1)).toEqual([9_000]);
  });

  it('another failure, or another service: no pause', async () => {
    const [pace, other] = [new PollPace({ perSecond: 1, places: 1 }), new PollPace({ perSecond: 1, places: 1 })];
    await fail(pace, new Problem('upstream-unavailable', { detail: 'It is away.', retryAfterSeconds: 9 }));
    await fail(other, throttled(9));
    expect([pace.isPaused, turns(pace, 1)]).toEqual([false, [0]]);
  });
});

describe('places', () => {
  it('so many at once; the next one begins when one ends, however that ends', async () => {
    const pace = new PollPace({ perSecond: 1, places: 2 });
    const [one, other, next] = [held(), held(), held()];
    const running = [one, other, next].map(({ work }) => pace.run(work, signal));
    await settled();
    expect([one.isRunning(), other.isRunning(), next.isRunning()]).toEqual([true, true, false]);
    other.end();
    await running[1];
    await settled();
    expect(next.isRunning()).toBe(true);
    for (const { end } of [one, next]) end();
    await Promise.all(running);
  });

  it('called off while it waits for a place: is not asked', async () => {
    const pace = new PollPace({ perSecond: 1, places: 1 });
    const [one, next] = [held(), held()];
    const running = pace.run(one.work, signal);
    const leaving = new AbortController();
    const left = pace.run(next.work, leaving.signal);
    leaving.abort(new Error('gone'));
    one.end();
    await expect(left).rejects.toThrow('gone');
    expect(next.isRunning()).toBe(false);
    await running;
  });

  it('the cloud throttles while others wait for a place: they are asked after the pause', async () => {
    const pace = new PollPace({ perSecond: 1_000, places: 1 });
    const first = fail(pace, throttled(0.5));
    const isPaused: boolean[] = [];
    const others = [1, 2].map(() => pace.run(async () => void isPaused.push(pace.isPaused), signal));
    await first;
    expect([pace.isPaused, isPaused]).toEqual([true, []]);
    await Promise.all(others);
    expect(isPaused).toEqual([false, false]);
  });

  it('called off during a pause: ends at once, and its place is free', async () => {
    const pace = new PollPace({ perSecond: 1, places: 1 });
    await fail(pace, throttled(3_600));
    const leaving = new AbortController();
    const left = [1, 2].map(() => pace.run(async () => undefined, leaving.signal));
    leaving.abort(new Error('gone'));
    for (const one of left) await expect(one).rejects.toThrow('gone');
  });
});
