import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { Bulkhead } from './bulkhead.js';

let bulkhead: Bulkhead;
let started: string[];

beforeEach(() => {
  jest.useFakeTimers();
  bulkhead = new Bulkhead({ concurrency: 2, queue: 2, queueMs: 250 });
  started = [];
});
afterEach(() => void jest.useRealTimers());

/** A promise that the test settles. */
function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: Error) => void = () => {};
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

/** Work that lasts until the test ends it. */
function begin(name: string, signal?: AbortSignal) {
  const { promise, resolve, reject } = deferred<string>();
  const done = bulkhead.run(() => {
    started.push(name);
    return promise;
  }, signal);
  const outcome = done.catch((reason: unknown) => reason);
  return { outcome, end: () => resolve(name), fail: () => reject(new Error(name)) };
}

const TOO_BUSY = { problem: 'upstream-unavailable', repeat: 'never', retryAfterSeconds: 1 };
const counts = () => ({ inFlight: bulkhead.inFlight, queued: bulkhead.queued });

describe('Bulkhead', () => {
  it('runs so many, queues so many, and refuses the rest', async () => {
    const [first, second, third, fourth, fifth] = ['1', '2', '3', '4', '5'].map((name) => begin(name));
    expect(counts()).toEqual({ inFlight: 2, queued: 2 });
    expect(await fifth?.outcome).toMatchObject(TOO_BUSY);
    first?.end();
    expect(await first?.outcome).toBe('1');
    second?.fail();
    await second?.outcome;
    third?.end();
    fourth?.end();
    expect([await third?.outcome, await fourth?.outcome]).toEqual(['3', '4']);
    expect(started).toEqual(['1', '2', '3', '4']);
    expect(counts()).toEqual({ inFlight: 0, queued: 0 });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('refuses who waited too long', async () => {
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

  it('lets a caller leave the queue', async () => {
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

  it('leaves no listener on a signal', async () => {
    const { signal } = new AbortController();
    const [first] = [begin('1'), begin('2')];
    const third = begin('3', signal);
    first?.end();
    third.end();
    await third.outcome;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
