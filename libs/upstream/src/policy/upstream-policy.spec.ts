import { describe, expect, it } from '@jest/globals';
import { untilAborted, type Deadline } from '@gateway/async';
import { UpstreamFailure, upstreamTimeout, type UpstreamFailureOptions } from '../errors/upstream-failure.js';
import { UpstreamSettings } from '../upstream-settings.js';
import { UpstreamPolicy } from './upstream-policy.js';
import { deferred } from '../testing/deferred.js';

const fault = (options: Partial<UpstreamFailureOptions> = {}) =>
  new UpstreamFailure({ problem: 'upstream-unavailable', detail: 'Busy.', retry: 'backoff', ...options });

function setUp(settings: Partial<UpstreamSettings> = {}) {
  let now = 0;
  const policy = new UpstreamPolicy(Object.assign(new UpstreamSettings(), { retryBudgetRatio: 1, ...settings }), {
    now: () => now,
    random: () => 0.5,
    sleep: async (ms) => void (now += ms),
  });
  return { policy, pass: (ms: number) => void (now += ms) };
}

/** Every run is about another task. */
let tasks = 0;
function run<T>(policy: UpstreamPolicy, attempt: Parameters<typeof policy.run<T>>[0], given: Partial<Deadline> = {}) {
  tasks += 1;
  const deadline = { signal: new AbortController().signal, endsAt: 9_000, ...given };
  return policy.run<T>(attempt, { task: String(tasks), deadline });
}

const reason = (result: Promise<unknown>): Promise<unknown> => result.catch((error: unknown) => error);
const IDLE = { breaker: 'closed', retryAfterSeconds: null, inFlight: 0, queued: 0 };

describe('upstream policy', () => {
  it('failed attempts: made again, counted from one', async () => {
    const { policy } = setUp();
    const answer = await run(policy, async (attemptNumber) => {
      if (attemptNumber < 3) throw fault();
      return attemptNumber;
    });
    expect({ answer, state: policy.state() }).toEqual({ answer: 3, state: IDLE });
  });

  it('retry that would end past the deadline: not made', async () => {
    const { policy, pass } = setUp();
    let attempts = 0;
    const failure = fault({ retryAfterSeconds: 3 });
    const result = run(policy, async () => {
      attempts += 1;
      pass(4_000);
      throw failure;
    });
    expect(await reason(result)).toBe(failure);
    expect(attempts).toBe(2);
  });

  it('caller that has left: nothing is sent', async () => {
    const { policy } = setUp();
    const signal = AbortSignal.abort(new Error('gone'));
    let asked = false;
    const result = run(policy, async () => void (asked = true), { signal });
    expect([await reason(result), asked]).toEqual([new Error('gone'), false]);
  });

  it('retries of many lookups: within the budget', async () => {
    const { policy } = setUp({ retryBudgetRatio: 0.2, breakerMinimumRequests: 1_000 });
    let attempts = 0;
    for (let lookup = 0; lookup < 100; lookup += 1) {
      await reason(
        run(policy, async () => {
          attempts += 1;
          throw fault();
        }),
      );
    }
    expect(attempts).toBeGreaterThan(100);
    expect(attempts).toBeLessThanOrEqual(120);
  });

  it('broken upstream: nothing is sent, and retries are no further tasks', async () => {
    const { policy, pass } = setUp({ retries: 2, breakerMinimumRequests: 2 });
    let attempts = 0;
    const failing = () =>
      reason(
        run(policy, async () => {
          attempts += 1;
          throw fault({ problem: 'upstream-unreachable' });
        }),
      );
    expect(await failing()).toMatchObject({ slug: 'upstream-unreachable' });
    expect(policy.state()).toEqual(IDLE);
    expect(await failing()).toMatchObject({ slug: 'upstream-unavailable', retryAfterSeconds: 5 });
    expect({ attempts, state: policy.state() }).toEqual({
      attempts: 4,
      state: { ...IDLE, breaker: 'open', retryAfterSeconds: 5 },
    });
    pass(5_000);
    expect(policy.state()).toEqual({ ...IDLE, breaker: 'half-open' });
    await failing();
    // A retry is no probe.
    expect({ attempts, state: policy.state() }).toEqual({ attempts: 5, state: { ...IDLE, breaker: 'half-open' } });
    for (let probe = 0; probe < 2; probe += 1) await run(policy, async () => 'well');
    expect(policy.state()).toEqual(IDLE);
  });

  it('long queue: no failure of the upstream', async () => {
    const { policy } = setUp({ concurrency: 1, queueMs: 1, breakerMinimumRequests: 1 });
    const busy = deferred<string>();
    const first = run(policy, () => busy.promise);
    expect(await reason(run(policy, async () => 'second'))).toMatchObject({
      slug: 'upstream-unavailable',
      retry: 'never',
    });
    expect(policy.state()).toEqual({ ...IDLE, inFlight: 1 });
    busy.resolve('first');
    expect(await first).toBe('first');
  });

  it('upstream that breaks: requests in the queue are refused', async () => {
    const { policy } = setUp({ retries: 0, concurrency: 1, breakerMinimumRequests: 1, queueMs: 10_000 });
    const busy = deferred<never>();
    const first = reason(run(policy, () => busy.promise));
    let asked = false;
    const second = reason(
      run(policy, async () => {
        asked = true;
      }),
    );
    expect(policy.state()).toMatchObject({ inFlight: 1, queued: 1 });
    busy.reject(fault());
    await first;
    expect(await second).toMatchObject({ slug: 'upstream-unavailable', retryAfterSeconds: 5 });
    expect(asked).toBe(false);
  });

  it.each([
    ['caller who leaves: no failure of the upstream', new Error('gone'), IDLE],
    [
      'deadline that passes: a failure of the upstream',
      upstreamTimeout(),
      { ...IDLE, breaker: 'open', retryAfterSeconds: 5 },
    ],
  ])('%s, and its reason is passed on', async (_title, left, state) => {
    const { policy } = setUp({ breakerMinimumRequests: 1 });
    const caller = new AbortController();
    const result = run(policy, () => untilAborted(new Promise(() => {}), caller.signal), caller);
    caller.abort(left);
    expect(await reason(result)).toBe(left);
    expect(policy.state()).toEqual(state);
  });
});
