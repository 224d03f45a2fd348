import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { remainingMs, withDeadline } from './deadline.js';

const never = () => new Promise<never>(() => {});

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('withDeadline', () => {
  it('passes on what the work gives or throws, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    await expect(withDeadline(50, signal, async () => 'done')).resolves.toBe('done');
    await expect(withDeadline(50, signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const throwing = (): Promise<never> => {
      throw new Error('at once');
    };
    await expect(withDeadline(50, undefined, throwing)).rejects.toThrow('at once');
    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends work that does not listen, and tells work that does', async () => {
    let seen: AbortSignal | undefined;
    const result = withDeadline(50, undefined, (signal) => {
      seen = signal;
      return never();
    });
    const rejection = expect(result).rejects.toMatchObject({ problem: 'upstream-timeout', retry: 'never' });
    await jest.advanceTimersByTimeAsync(49);
    expect(seen?.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await rejection;
    expect(seen?.reason).toMatchObject({ problem: 'upstream-timeout' });
  });

  it('rejects with the reason of the caller', async () => {
    const caller = new AbortController();
    const result = withDeadline(50, caller.signal, never);
    caller.abort('left');
    await expect(result).rejects.toBe('left');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not start for a caller that has left', async () => {
    const work = jest.fn(never);
    await expect(withDeadline(50, AbortSignal.abort('left'), work)).rejects.toBe('left');
    expect(work).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('tells what is left, within an outer deadline too', async () => {
    let time = 1_000;
    const now = () => time;
    const left = await withDeadline(
      50,
      undefined,
      async (outer) => {
        time += 20;
        const tell = async (inner: AbortSignal) => remainingMs(inner, now);
        return [
          remainingMs(outer, now),
          await withDeadline(50, outer, tell, now),
          await withDeadline(5, outer, tell, now),
        ];
      },
      now,
    );
    expect(left).toEqual([30, 30, 5]);
    expect(remainingMs(new AbortController().signal)).toBe(Infinity);
  });

  it('takes no notice of work that fails later', async () => {
    let failLater: (reason: Error) => void = () => {};
    const result = withDeadline(50, undefined, () => new Promise((_resolve, reject) => (failLater = reject)));
    const rejection = expect(result).rejects.toMatchObject({ problem: 'upstream-timeout' });
    await jest.advanceTimersByTimeAsync(50);
    await rejection;
    failLater(new Error('too late'));
  });
});
