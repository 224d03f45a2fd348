import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { withDeadline } from './deadline.js';

const never = () => new Promise<never>(() => {});
const timeout = () => new Error('time is over');

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('deadline', () => {
  it('work that ends in time: its result or error is passed on, and nothing is left behind', async () => {
    const { signal } = new AbortController();
    await expect(withDeadline(50, { signal }, timeout, async () => 'done')).resolves.toBe('done');
    await expect(withDeadline(50, { signal }, timeout, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const throwing = (): Promise<never> => {
      throw new Error('at once');
    };
    await expect(withDeadline(50, {}, timeout, throwing)).rejects.toThrow('at once');
    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('time over: work that does not listen ends, and work that does is told', async () => {
    let seen: AbortSignal | undefined;
    const result = withDeadline(50, {}, timeout, ({ signal }) => {
      seen = signal;
      return never();
    });
    const rejection = expect(result).rejects.toThrow('time is over');
    await jest.advanceTimersByTimeAsync(49);
    expect(seen?.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await rejection;
    expect(seen?.reason).toEqual(new Error('time is over'));
  });

  it('caller who leaves: ends it with its own reason', async () => {
    const caller = new AbortController();
    const result = withDeadline(50, caller, timeout, never);
    caller.abort('left');
    await expect(result).rejects.toBe('left');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('caller who has left: nothing is started', async () => {
    const work = jest.fn(never);
    await expect(withDeadline(50, { signal: AbortSignal.abort('left') }, timeout, work)).rejects.toBe('left');
    expect(work).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('inner deadline: ends no later than the outer one', async () => {
    const now = () => 1_000;
    const endOf = async ({ endsAt }: { readonly endsAt: number }) => endsAt;
    const ends = await withDeadline(
      50,
      {},
      timeout,
      async (outer) => [
        outer.endsAt,
        await withDeadline(80, outer, timeout, endOf, now),
        await withDeadline(5, outer, timeout, endOf, now),
      ],
      now,
    );
    expect(ends).toEqual([1_050, 1_050, 1_005]);
  });

  it('outer deadline that is over: ends work at once', async () => {
    const result = withDeadline(50, { endsAt: performance.now() - 1 }, timeout, never);
    const rejection = expect(result).rejects.toThrow('time is over');
    await jest.advanceTimersByTimeAsync(1);
    await rejection;
  });

  it('work that fails after the time is over: no notice is taken', async () => {
    let failLater: (reason: Error) => void = () => {};
    const result = withDeadline(50, {}, timeout, () => new Promise((_resolve, reject) => (failLater = reject)));
    const rejection = expect(result).rejects.toThrow('time is over');
    await jest.advanceTimersByTimeAsync(50);
    await rejection;
    failLater(new Error('too late'));
  });
});
