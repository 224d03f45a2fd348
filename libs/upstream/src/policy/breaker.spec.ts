import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LookupProblem } from '@gateway/tasks';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import { UpstreamSettings } from '../upstream-settings.js';
import { Breaker } from './breaker.js';
import { deferred } from '../testing/deferred.js';

let now: number;
let breaker: Breaker;
let tasks: number;
/** Another task each time. */
const another = (): string => String((tasks += 1));

beforeEach(() => {
  now = 1_000_000;
  tasks = 0;
  breaker = new Breaker(new UpstreamSettings(), () => now);
});

const fault = (problem: LookupProblem) => new UpstreamFailure({ problem, detail: 'It failed.' });

/** Time that was over for many lookups together. */
const OF_A_BATCH = new UpstreamFailure({ problem: 'upstream-timeout', detail: 'x', countsAsFailure: null });

async function succeed(times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) await breaker.run(async () => 'answer', another());
}

async function fail(times = 1, failure: unknown = fault('upstream-error')): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await breaker.run(() => Promise.reject(failure as Error), another()).catch(() => {});
  }
}

/** An attempt whose end the test decides. */
function begin(): { end: (failure?: Error) => Promise<void> } {
  const { promise, resolve, reject } = deferred<undefined>();
  const settled = async (): Promise<void> => {
    await breaker.run(() => promise, another()).catch(() => {});
  };
  const run = settled();
  return {
    end: (failure) => {
      if (failure === undefined) resolve(undefined);
      else reject(failure);
      return run;
    },
  };
}

async function refused(): Promise<unknown> {
  return breaker.run(async () => 'answer', another()).catch((reason: unknown) => reason);
}

describe('a closed breaker', () => {
  it('nearly all of at least 20 tasks fail: opens', async () => {
    await succeed(1);
    await fail(18);
    expect(breaker.state).toBe('closed');
    await fail();
    expect({ state: breaker.state, retryAfterSeconds: breaker.retryAfterSeconds }).toEqual({
      state: 'open',
      retryAfterSeconds: 5,
    });
  });

  it('one sick task: many failures of it are one', async () => {
    for (let poll = 0; poll < 1_000; poll += 1) {
      await breaker.run(() => Promise.reject(fault('upstream-error')), 'sick').catch(() => {});
    }
    await fail(18);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('one good task: many answers about it do not hide that all others fail', async () => {
    const poll = () => breaker.run(async () => 'answer', 'good').catch(() => {});
    for (let round = 0; round < 20; round += 1) {
      for (let count = 0; count < 50; count += 1) await poll();
      await fail();
    }
    expect(breaker.state).toBe('open');
  });

  it('task that fails and then answers: counted as answered', async () => {
    for (let count = 0; count < 100; count += 1) {
      const task = another();
      await breaker.run(() => Promise.reject(fault('upstream-error')), task).catch(() => {});
      await breaker.run(async () => 'answer', task);
    }
    await fail(90);
    expect(breaker.state).toBe('closed');
  });

  it('most requests succeed: stays closed', async () => {
    for (let round = 0; round < 100; round += 1) {
      await succeed(2);
      await fail();
    }
    expect(breaker.state).toBe('closed');
    expect(breaker.retryAfterSeconds).toBeNull();
  });

  it('outcomes older than its window: forgotten', async () => {
    await fail(19);
    now += 30_000;
    await fail(19);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  it.each<LookupProblem>(['upstream-error', 'upstream-unreachable', 'upstream-timeout', 'upstream-unavailable'])(
    '%s: counted as a failure',
    async (problem) => {
      await fail(20, fault(problem));
      expect(breaker.state).toBe('open');
    },
  );

  it('answer that cannot be used: counted, unless it is one odd document', async () => {
    const options = { problem: 'upstream-bad-response', detail: 'x' } as const;
    await fail(20, new UpstreamFailure({ ...options, countsAsFailure: false }));
    expect(breaker.state).toBe('closed');
    await fail(400, new UpstreamFailure({ ...options, countsAsFailure: true }));
    expect(breaker.state).toBe('open');
  });

  it.each([
    ['a missing task', fault('task-not-found')],
    ['a denied permission', fault('permission-denied')],
    ['throttling', fault('upstream-throttled')],
    ['a wrong address', fault('upstream-misconfigured')],
    ['a caller that left', new DOMException('left', 'AbortError')],
    ['a bug', new TypeError('oops')],
    ['the end of a batch', OF_A_BATCH],
  ])('%s: not counted', async (_name, failure) => {
    await fail(40, failure);
    expect(breaker.state).toBe('closed');
  });
});

describe('an open breaker', () => {
  it('requests: refused with a time to wait', async () => {
    await fail(20);
    now += 1_500;
    expect(await refused()).toMatchObject({
      slug: 'upstream-unavailable',
      retry: 'never',
      retryAfterSeconds: 4,
    });
    now += 3_499;
    expect(await refused()).toMatchObject({ retryAfterSeconds: 1 });
    now += 1;
    expect(breaker.state).toBe('half-open');
    expect(await refused()).toBe('answer');
  });

  it('attempts that began before it opened: change nothing', async () => {
    const early = [begin(), begin(), begin(), begin()];
    await fail(20);
    now += 5_000;
    for (const attempt of early) await attempt.end();
    expect(breaker.state).toBe('half-open');
    for (let probe = 0; probe < 3; probe += 1) await begin().end(fault('upstream-error'));
    expect(breaker.state).toBe('open');
  });

  it('opened again: twice as long each time, up to a minute, and as at first once closed', async () => {
    await fail(20);
    const seconds: unknown[] = [];
    for (let round = 0; round < 6; round += 1) {
      seconds.push(breaker.retryAfterSeconds);
      now += (breaker.retryAfterSeconds ?? 0) * 1_000;
      await fail(3);
    }
    expect(seconds).toEqual([5, 10, 20, 40, 60, 60]);
    now += 60_000;
    await succeed(3);
    await fail(20);
    expect(breaker.retryAfterSeconds).toBe(5);
  });
});

describe('a half-open breaker', () => {
  beforeEach(async () => {
    await fail(20);
    now += 5_000;
  });

  it('three probes that succeed: closes', async () => {
    await succeed(2);
    expect(breaker.state).toBe('half-open');
    await succeed();
    expect(breaker.state).toBe('closed');
    await fail(19);
    expect(breaker.state).toBe('closed');
  });

  it('fourth request at a time: refused', async () => {
    const probes = [begin(), begin(), begin()];
    expect(await refused()).toMatchObject({ slug: 'upstream-unavailable', retryAfterSeconds: 1 });
    for (const probe of probes) await probe.end();
    expect(breaker.state).toBe('closed');
  });

  it('all probes fail: opens again', async () => {
    const probes = [begin(), begin(), begin()];
    for (const probe of probes) await probe.end(fault('upstream-timeout'));
    expect({ state: breaker.state, seconds: breaker.retryAfterSeconds }).toEqual({ state: 'open', seconds: 10 });
  });

  it('one probe is answered: closes, as what works is served', async () => {
    const probes = [begin(), begin(), begin()];
    await probes[0]?.end(fault('upstream-timeout'));
    await probes[1]?.end();
    expect(breaker.state).toBe('half-open');
    await probes[2]?.end(fault('upstream-timeout'));
    expect(breaker.state).toBe('closed');
  });

  it.each([
    ['a caller that left', new DOMException('left', 'AbortError')],
    ['the end of a batch', OF_A_BATCH],
  ])('%s: counts for nothing, and the probe goes to another', async (_name, failure) => {
    await fail(5, failure);
    expect(breaker.state).toBe('half-open');
    await succeed(3);
    expect(breaker.state).toBe('closed');
  });

  it('error body without fault of the upstream: the answer of a sound one', async () => {
    await fail(3, fault('task-not-found'));
    expect(breaker.state).toBe('closed');
  });
});
