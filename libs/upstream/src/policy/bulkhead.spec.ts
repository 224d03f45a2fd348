import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { Bulkhead } from './bulkhead.js';
import { deferred } from '../testing/deferred.js';

let bulkhead: Bulkhead;
let started: string[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'] });
  bulkhead = new Bulkhead({ concurrency: 2, queueMs: 250 });
  started = [];
});
afterEach(() => void jest.useRealTimers());

/** Work that lasts until the test ends it. */
function begin(name: string, signal?: AbortSignal, caller?: string, isStranger?: boolean) {
  const { promise, resolve, reject } = deferred<string>();
  const done = bulkhead.run(
    () => {
      started.push(name);
      return promise;
    },
    signal,
    caller,
    isStranger,
  );
  const outcome = done.catch((reason: unknown) => reason);
  return { name, outcome, end: () => resolve(name), fail: () => reject(new Error(name)) };
}

const TOO_BUSY = { slug: 'upstream-unavailable', retry: 'never', retryAfterSeconds: 1 };
const counts = () => ({ inFlight: bulkhead.inFlight, queued: bulkhead.queued });

describe('strangers', () => {
  it('however many: take turns with all others together, and with each other', async () => {
    const first = [begin('a'), begin('b')];
    const strangers = Array.from({ length: 100 }, (_, index) =>
      begin(`stranger ${index}`, undefined, `s${index}`, true),
    );
    const known = ['c', 'd'].map((name) => begin(name, undefined, name));
    const all = [...first, ...strangers, ...known];
    for (let next = 0; next < all.length; next += 1) {
      const work = all.find(({ name }) => name === started[next]);
      work?.end();
      await work?.outcome;
    }
    expect(started.slice(2, 7)).toEqual(['stranger 0', 'c', 'stranger 1', 'd', 'stranger 2']);
    expect(started).toHaveLength(104);
    expect(counts()).toEqual({ inFlight: 0, queued: 0 });
  });
});

describe('bulkhead', () => {
  it('crowd: runs so many at once, and the rest in their order', async () => {
    const crowd = Array.from({ length: 1_000 }, (_, index) => begin(String(index)));
    expect(counts()).toEqual({ inFlight: 2, queued: 998 });
    for (const [index, work] of crowd.entries()) {
      if (index % 2 === 0) work.end();
      else work.fail();
      await work.outcome;
    }
    expect(started).toEqual(crowd.map((_, index) => String(index)));
    expect(counts()).toEqual({ inFlight: 0, queued: 0 });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('callers: one request is next although another caller has many before it', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => begin(`many-${index}`, undefined, 'many'));
    begin('one-0', undefined, 'one');
    begin('one-1', undefined, 'one');
    for (const work of many.slice(0, 4)) {
      work.end();
      await work.outcome;
    }
    expect(started.slice(2)).toEqual(['many-2', 'one-0', 'many-3', 'one-1']);
  });

  it('queue of 10,000 waiters: the next is refused at once', async () => {
    const waiters = Array.from({ length: 10_002 }, (_, index) => begin(String(index), new AbortController().signal));
    expect(counts()).toEqual({ inFlight: 2, queued: 10_000 });
    expect(await begin('next').outcome).toMatchObject(TOO_BUSY);
    expect(waiters).toHaveLength(10_002);
  });

  it('late event loop: what a free place could serve is served although its time is over', async () => {
    const [first, , third] = ['1', '2', '3'].map((name) => begin(name));
    // A timer fires before the input is read that would have made a place free.
    jest.advanceTimersByTime(250);
    first?.end();
    await first?.outcome;
    third?.end();
    expect(await third?.outcome).toBe('3');
  });

  it('wait that is too long: refused', async () => {
    const [first, , third] = ['1', '2', '3'].map((name) => begin(name));
    await jest.advanceTimersByTimeAsync(249);
    expect(counts()).toEqual({ inFlight: 2, queued: 1 });
    await jest.advanceTimersByTimeAsync(1);
    expect(await third?.outcome).toMatchObject(TOO_BUSY);
    expect(counts()).toEqual({ inFlight: 2, queued: 0 });
    first?.end();
    await first?.outcome;
    expect(counts()).toEqual({ inFlight: 1, queued: 0 });
  });

  it('caller who leaves the queue: gets its own reason, and its place is gone', async () => {
    const [first] = [begin('1'), begin('2')];
    const caller = new AbortController();
    const third = begin('3', caller.signal);
    const fourth = begin('4', caller.signal);
    caller.abort('left');
    expect([await third.outcome, await fourth.outcome]).toEqual(['left', 'left']);
    expect(await begin('5', AbortSignal.abort('gone')).outcome).toBe('gone');
    expect(counts()).toEqual({ inFlight: 2, queued: 0 });
    expect(jest.getTimerCount()).toBe(0);
    const sixth = begin('6', new AbortController().signal);
    first?.end();
    await first?.outcome;
    expect(started).toEqual(['1', '2', '6']);
    sixth.end();
    await sixth.outcome;
  });

  it('signal: keeps no listener', async () => {
    const { signal } = new AbortController();
    const [first] = [begin('1'), begin('2')];
    const third = begin('3', signal);
    first?.end();
    third.end();
    await third.outcome;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
