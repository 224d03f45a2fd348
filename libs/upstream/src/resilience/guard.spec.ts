import { describe, expect, it } from '@jest/globals';
import { UpstreamFault, type UpstreamFaultOptions } from '../upstream-fault.js';
import { DEFAULT_UPSTREAM_SETTINGS, type UpstreamSettings } from '../upstream-settings.js';
import { UpstreamGuard } from './guard.js';

const fault = (options: Partial<UpstreamFaultOptions> = {}) =>
  new UpstreamFault({ problem: 'upstream-unavailable', detail: 'Busy.', repeat: 'backoff', ...options });

function setUp(settings: Partial<UpstreamSettings> = {}) {
  let now = 0;
  const guard = new UpstreamGuard(
    { ...DEFAULT_UPSTREAM_SETTINGS, retryBudgetRatio: 1, ...settings },
    { now: () => now, random: () => 0.5, sleep: async (ms) => void (now += ms) },
  );
  return { guard, pass: (ms: number) => void (now += ms) };
}

/** A promise that the test settles. */
function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: Error) => void = () => {};
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

const reason = (run: Promise<unknown>): Promise<unknown> => run.catch((error: unknown) => error);
const IDLE = { breaker: 'closed', retryAfterSeconds: null, inFlight: 0, queued: 0 };

describe('UpstreamGuard', () => {
  it('repeats attempts under one signal', async () => {
    const { guard } = setUp();
    const signals = new Set<AbortSignal>();
    const answer = await guard.run(async (signal, attemptNumber) => {
      signals.add(signal);
      if (attemptNumber < 3) throw fault();
      return attemptNumber;
    });
    expect({ answer, signals: signals.size, state: guard.state() }).toEqual({ answer: 3, signals: 1, state: IDLE });
  });

  it('does not repeat past the deadline', async () => {
    const { guard, pass } = setUp();
    let attempts = 0;
    const failure = fault({ retryAfterSeconds: 3 });
    const run = guard.run(async () => {
      attempts += 1;
      pass(4_000);
      throw failure;
    });
    expect(await reason(run)).toBe(failure);
    expect(attempts).toBe(2);
  });

  it('cuts everything at the deadline', async () => {
    const { guard } = setUp({ requestMs: 10 });
    const run = guard.run(
      (signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    expect(await reason(run)).toMatchObject({ problem: 'upstream-timeout' });
    await new Promise(setImmediate);
    expect(guard.state()).toEqual(IDLE);
  });

  it('keeps the repeats of many lookups within the budget', async () => {
    const { guard } = setUp({ retryBudgetRatio: 0.2, breakerMinimumRequests: 1_000 });
    let attempts = 0;
    for (let lookup = 0; lookup < 100; lookup += 1) {
      await reason(
        guard.run(async () => {
          attempts += 1;
          throw fault();
        }),
      );
    }
    expect(attempts).toBeGreaterThan(100);
    expect(attempts).toBeLessThanOrEqual(120);
  });

  it('stops asking a broken upstream, repeats included', async () => {
    const { guard, pass } = setUp({ retries: 2, breakerMinimumRequests: 4 });
    let attempts = 0;
    const failing = () =>
      reason(
        guard.run(async () => {
          attempts += 1;
          throw fault({ problem: 'upstream-unreachable' });
        }),
      );
    await failing();
    expect(await failing()).toMatchObject({ problem: 'upstream-unavailable', retryAfterSeconds: 5 });
    expect({ attempts, state: guard.state() }).toEqual({
      attempts: 4,
      state: { ...IDLE, breaker: 'open', retryAfterSeconds: 5 },
    });
    pass(5_000);
    expect(guard.state()).toEqual({ ...IDLE, breaker: 'half-open' });
    for (let probe = 0; probe < 3; probe += 1) await guard.run(async () => 'well');
    expect(guard.state()).toEqual(IDLE);
  });

  it('does not hold a long queue against the upstream', async () => {
    const { guard } = setUp({ concurrency: 1, queueMs: 1, breakerMinimumRequests: 1 });
    const busy = deferred<string>();
    const first = guard.run(() => busy.promise);
    expect(await reason(guard.run(async () => 'second'))).toMatchObject({
      problem: 'upstream-unavailable',
      repeat: 'never',
    });
    expect(guard.state()).toEqual({ ...IDLE, inFlight: 1 });
    busy.resolve('first');
    expect(await first).toBe('first');
  });

  it('stops who queued when the upstream broke', async () => {
    const { guard } = setUp({ retries: 0, concurrency: 1, breakerMinimumRequests: 1, queueMs: 10_000 });
    const busy = deferred<never>();
    const first = reason(guard.run(() => busy.promise));
    let asked = false;
    const second = reason(
      guard.run(async () => {
        asked = true;
      }),
    );
    expect(guard.state()).toMatchObject({ inFlight: 1, queued: 1 });
    busy.reject(fault());
    await first;
    expect(await second).toMatchObject({ problem: 'upstream-unavailable', retryAfterSeconds: 5 });
    expect(asked).toBe(false);
  });

  it('passes the reason of a caller on, and does not count it', async () => {
    const { guard } = setUp({ breakerMinimumRequests: 1 });
    const caller = new AbortController();
    const run = guard.run(
      (signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      { signal: caller.signal },
    );
    const left = fault({ problem: 'upstream-timeout' });
    caller.abort(left);
    expect(await reason(run)).toBe(left);
    await new Promise(setImmediate);
    expect(guard.state()).toEqual(IDLE);
  });
});
