import { describe, expect, it, jest } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import fc from 'fast-check';
import type { GatewayConfig } from '../config/gateway-config.js';
import { RateLimiter, RateLimits } from './rate-limits.js';

const limiter = (requestsPerSecond: number, burst: number) => new RateLimiter(() => ({ requestsPerSecond, burst }));

/** What a bucket says into which so many fall per second, and which holds so many at most. */
class Bucket {
  private held: number;
  private at = 0;

  constructor(
    private readonly perSecond: number,
    private readonly most: number,
  ) {
    this.held = most;
  }

  take(units: number, now: number): boolean {
    this.held = Math.min(this.most, this.held + ((now - this.at) / 1000) * this.perSecond);
    this.at = now;
    if (this.held < Math.min(units, this.most)) return false;
    this.held -= units;
    return true;
  }

  get whole(): number {
    return Math.max(0, Math.floor(this.held));
  }
}

describe('a limit', () => {
  it('grants exactly what a bucket would, whoever asks when and for how much', () => {
    // Powers of two: nothing is rounded, neither here nor in the model.
    const rate = fc.constantFrom(0.25, 1, 4, 64);
    const steps = fc.array(fc.record({ ms: fc.nat({ max: 3000 }), units: fc.integer({ min: 1, max: 12 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(rate, fc.integer({ min: 1, max: 8 }), steps, (perSecond, burst, asked) => {
        const limit = limiter(perSecond, burst);
        const bucket = new Bucket(perSecond, burst);
        let now = 0;
        for (const { ms, units } of asked) {
          now += ms * 0.5;
          const { isWithin, remaining } = limit.spend('a', units, now);
          expect([isWithin, remaining]).toEqual([bucket.take(units, now), bucket.whole]);
        }
      }),
    );
  });

  it('asked again when it said: grants, and not a millisecond before', () => {
    const limit = limiter(3, 5);
    expect(limit.spend('a', 5, 0)).toMatchObject({ isWithin: true, remaining: 0 });
    const { isWithin, retryInMs } = limit.spend('a', 1, 0);
    expect(isWithin).toBe(false);
    expect(limit.spend('a', 1, retryInMs - 1).isWithin).toBe(false);
    expect(limit.spend('a', 1, retryInMs).isWithin).toBe(true);
  });

  it('a thousandth of a second a thousand times: not one more is lost or given by rounding', () => {
    const limit = limiter(1000, 7);
    limit.spend('a', 7, 0.1);
    for (let turn = 1; turn <= 10_000; turn += 1) {
      expect(limit.spend('a', 1, 0.1 + turn).isWithin).toBe(true);
      expect(limit.spend('a', 1, 0.1 + turn).isWithin).toBe(false);
    }
  });

  it('a batch of more than can be saved up: granted once all is, and paid off', () => {
    const limit = limiter(1, 10);
    const batch = (now: number) => {
      const first = limit.spend('a', 1, now);
      return first.isWithin ? limit.spend('a', 99, now, 1) : first;
    };
    expect(batch(0)).toMatchObject({ isWithin: true, remaining: 0, fullInMs: 100_000 });
    expect(limit.spend('a', 1, 90_999).isWithin).toBe(false);
    expect(limit.spend('a', 1, 91_000).isWithin).toBe(true);
    const { isWithin, retryInMs } = batch(95_000);
    expect(isWithin).toBe(false);
    expect(batch(95_000 + retryInMs).isWithin).toBe(true);
  });

  it('one caller: takes nothing from another', () => {
    const limit = limiter(1, 2);
    limit.spend('a', 2, 0);
    expect(limit.spend('a', 1, 0).isWithin).toBe(false);
    expect(limit.spend('b', 1, 0)).toMatchObject({ isWithin: true, remaining: 1 });
  });

  it('other limits: count at once, whatever was spent under those before', () => {
    let limits = { requestsPerSecond: 0.01, burst: 2 };
    const limit = new RateLimiter(() => limits);
    limit.spend('a', 2, 0);
    expect(limit.spend('a', 1, 0).isWithin).toBe(false);
    limits = { requestsPerSecond: 1000, burst: 1000 };
    expect(limit.spend('a', 1, 1)).toMatchObject({ isWithin: true, remaining: 999 });
    limits = { requestsPerSecond: 1000, burst: 1 };
    expect([1, 1].map((units) => limit.spend('a', units, 2).isWithin)).toEqual([true, false]);
  });

  it('a million callers: takes bounded memory, and who is forgotten is as good as new', () => {
    const limit = limiter(1, 10);
    limit.spend('known', 3, 0);
    for (let count = 0; count < 1_000_000; count += 1) limit.spend(`caller ${count}`, 1, 1);
    expect(limit.size).toBe(100_000);
    expect(limit.spend('known', 1, 2).remaining).toBe(9);
  });

  it('more callers than are counted at once: who keeps asking, and is refused, is not forgotten', () => {
    const limit = limiter(1, 10);
    limit.spend('refused', 10, 0);
    for (let count = 0; count < 150_000; count += 1) {
      limit.spend(`caller ${count}`, 1, 1);
      if (count % 50_000 === 0) expect(limit.spend('refused', 1, 1).isWithin).toBe(false);
    }
    expect(limit.spend('refused', 1, 1).isWithin).toBe(false);
  });

  it('600 callers at once of whom nobody has heard: leave what is known of another', () => {
    const limit = limiter(1, 10);
    limit.spend('known', 3, 0);
    for (let count = 0; count < 600; count += 1) limit.spend(`made up ${count}`, 1, 0);
    expect(limit.spend('known', 1, 0).remaining).toBe(6);
  });
});

describe('what a caller is told', () => {
  it('seconds: are rounded up, but not what fractions of the clock are off by', () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(123_456.789);
    const header = jest.fn<FastifyReply['header']>();
    const limits = { requestsPerSecond: 0.001, burst: 4 };
    new RateLimits({ limits } as GatewayConfig).count({ header } as unknown as FastifyReply, 'a');
    clock.mockRestore();
    expect(header).toHaveBeenCalledWith('ratelimit', '"default";r=3;t=1000');
  });
});
