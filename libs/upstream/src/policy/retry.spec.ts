import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { UpstreamFailure, type UpstreamFailureOptions } from '../errors/upstream-failure.js';
import { shouldRetry, backoffMs, retry, type RetryOptions } from './retry.js';

const fault = (retry: UpstreamFailureOptions['retry'], retryAfterSeconds: number | null = null) =>
  new UpstreamFailure({ problem: 'upstream-unavailable', detail: 'Busy.', retry, retryAfterSeconds });

/** Runs attempts that fail one after another; tells what came of it, and the pauses. */
async function run(failures: readonly unknown[], options: Partial<RetryOptions> = {}) {
  const pauses: number[] = [];
  const numbers: number[] = [];
  const attempt = async (attemptNumber: number): Promise<string> => {
    numbers.push(attemptNumber);
    if (attemptNumber <= failures.length) throw failures[attemptNumber - 1];
    return 'answer';
  };
  const outcome: unknown = await retry(attempt, {
    retries: 2,
    backoffBaseMs: 100,
    backoffCapMs: 1_000,
    budget: { tryTake: () => true },
    remainingMs: () => 9_000,
    signal: new AbortController().signal,
    random: () => 0.5,
    sleep: async (ms) => void pauses.push(ms),
    ...options,
  }).catch((reason: unknown) => reason);
  return { outcome, pauses, numbers };
}

describe('retry', () => {
  it('failures that end: retried at growing pauses', async () => {
    expect(await run([])).toEqual({ outcome: 'answer', pauses: [], numbers: [1] });
    const failures = [fault('backoff'), fault('backoff'), fault('backoff')];
    expect(await run(failures.slice(1))).toEqual({ outcome: 'answer', pauses: [50, 100], numbers: [1, 2, 3] });
    expect(await run(failures)).toEqual({ outcome: failures[2], pauses: [50, 100], numbers: [1, 2, 3] });
  });

  it('internal error: retried once', async () => {
    const failures = [fault('once'), fault('once')];
    expect(await run(failures)).toMatchObject({ outcome: failures[1], numbers: [1, 2] });
    expect(await run([fault('once'), fault('backoff')])).toMatchObject({ outcome: 'answer', numbers: [1, 2, 3] });
  });

  it.each([
    ['a fault that stays', fault('never')],
    ['a stale token', fault('new-token')],
    ['a caller that left', new DOMException('left', 'AbortError')],
    ['a bug', new TypeError('oops')],
  ])('%s: not retried', async (_name, failure) => {
    expect(await run([failure])).toEqual({ outcome: failure, pauses: [], numbers: [1] });
  });

  it('Retry-After: waited for, if the deadline allows', async () => {
    expect(await run([fault('backoff', 2)])).toMatchObject({ outcome: 'answer', pauses: [2_000] });
    expect(await run([fault('backoff', 9)])).toMatchObject({ numbers: [1], pauses: [] });
    expect(await run([fault('backoff')], { remainingMs: () => 50 })).toMatchObject({ numbers: [1], pauses: [] });
  });

  it('budget that is used up: no retry, and it is charged last', async () => {
    let asked = 0;
    const budget = { tryTake: () => (asked += 1) > 1 };
    expect(await run([fault('backoff')], { budget })).toMatchObject({ numbers: [1] });
    await run([fault('never')], { budget });
    await run([fault('backoff')], { budget, remainingMs: () => 0 });
    expect(asked).toBe(1);
  });

  it('caller that left: no retry, whatever its reason', async () => {
    const left = fault('backoff');
    expect(await run([left], { signal: AbortSignal.abort(left) })).toEqual({ outcome: left, pauses: [], numbers: [1] });
  });

  it('signal that aborts: ends a pause', async () => {
    const controller = new AbortController();
    const outcome = run([fault('backoff')], {
      signal: controller.signal,
      sleep: undefined,
      random: () => 1,
      backoffBaseMs: 1_000,
    });
    setImmediate(() => controller.abort('left'));
    expect(await outcome).toMatchObject({ outcome: 'left', numbers: [1] });
  });
});

it('retries: never more than the limit', () => {
  const retry = fc.constantFrom('never', 'once', 'backoff', 'new-token');
  fc.assert(
    fc.property(retry, fc.nat(5), fc.nat(5), fc.nat(5), (kind, all, once, retries) => {
      if (shouldRetry(fault(kind), { all, once }, retries)) {
        expect(all).toBeLessThan(retries);
        expect(kind === 'backoff' || (kind === 'once' && once === 0)).toBe(true);
      }
    }),
  );
});

it('backoff: within base, cap and doubling', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(random, fc.nat(100), fc.nat(1_000), fc.nat(60_000), (value, retries, backoffBaseMs, backoffCapMs) => {
      const ms = backoffMs(fault('backoff'), retries, { backoffBaseMs, backoffCapMs, random: () => value });
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(backoffCapMs);
      expect(ms).toBeLessThanOrEqual(backoffBaseMs * 2 ** retries);
    }),
  );
});
