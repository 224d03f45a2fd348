import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Problem } from '@gateway/problems';
import { GatewayConfig } from '../config/gateway-config.js';
import type { LimitsConfig } from '../config/gateway-config.js';

/** Accounts that are counted at once, in about 20 MB. Who has sent nothing for the longest time is forgotten first. */
const MAX_ACCOUNTS = 100_000;

/** What is left to a caller. Times in milliseconds. */
interface Balance {
  readonly isWithin: boolean;
  /** Whole requests, at least 0. */
  readonly remaining: number;
  /** Until all is saved up again. */
  readonly fullInMs: number;
  /** Until what was refused can be asked for again; 0 where it was not refused. */
  readonly retryInMs: number;
}

/**
 * The generic cell rate algorithm: of each account one number is kept, when all that it has spent will be saved up again.
 * From then on it is as good as unknown, so that forgetting it gives nothing away.
 */
export class RateLimiter {
  private readonly fullAt = new LRUCache<string, number>({ max: MAX_ACCOUNTS });
  /** What all of it was counted by. */
  private rate = { requestsPerSecond: 0, burst: 0 };

  /** @param limits may change from one call to the next */
  constructor(private readonly limits: () => Pick<LimitsConfig, 'requestsPerSecond' | 'burst'>) {}

  /**
   * Spends so many requests where they are there. More than can ever be saved up are granted once all is, and paid off.
   * @param now milliseconds of any clock @param already of these that were spent just before
   */
  spend(account: string, units: number, now: number, already = 0): Balance {
    const { requestsPerSecond, burst } = this.limits();
    // Under other limits all begin anew: times until all is saved up say nothing there.
    if (requestsPerSecond !== this.rate.requestsPerSecond || burst !== this.rate.burst) {
      this.fullAt.clear();
      this.rate = { requestsPerSecond, burst };
    }
    const unitMs = 1000 / requestsPerSecond;
    const savedMs = burst * unitMs;
    const before = Math.max(now, this.fullAt.get(account) ?? now);
    const neededMs = (Math.min(units + already, burst) - already) * unitMs;
    const retryInMs = before - now + neededMs - savedMs;
    // A billionth of a request is what sums of fractions are off by.
    const isWithin = retryInMs <= unitMs * 1e-9;
    const after = isWithin ? before + units * unitMs : before;
    if (isWithin) this.fullAt.set(account, after);
    const remaining = Math.max(0, Math.floor((savedMs - (after - now)) / unitMs + 1e-9));
    // What was spent already has to be saved up again as well.
    const waitMs = isWithin ? 0 : retryInMs + already * unitMs;
    return { isWithin, remaining, fullInMs: after - now, retryInMs: waitMs };
  }

  /** Accounts that are counted now. */
  get size(): number {
    return this.fullAt.size;
  }
}

/** How much each caller may ask, where that is limited: `RateLimit` and `RateLimit-Policy` say so (draft-ietf-httpapi-ratelimit-headers). */
@Injectable()
export class RateLimits {
  private limiter: RateLimiter | null = null;
  private policy: readonly [LimitsConfig, string] | null = null;

  constructor(private readonly config: GatewayConfig) {}

  /**
   * Counts requests of an account, and tells the caller what is left.
   * @param already of the same request, counted before
   * @throws Problem `rate-limited`
   */
  count(reply: FastifyReply, account: string, units = 1, already = 0): void {
    const { limits } = this.config;
    if (limits.requestsPerSecond === 0) return;
    this.limiter ??= new RateLimiter(() => this.config.limits);
    const balance = this.limiter.spend(account, units, performance.now(), already);
    reply.header('ratelimit-policy', this.policyOf(limits));
    reply.header('ratelimit', `"default";r=${balance.remaining};t=${wholeSeconds(balance.fullInMs)}`);
    if (balance.isWithin) return;
    throw new Problem('rate-limited', {
      detail: `You may send ${limits.requestsPerSecond} requests per second, and ${limits.burst} at once; each task of a batch counts.`,
      retryAfterSeconds: Math.max(1, wholeSeconds(balance.retryInMs)),
    });
  }

  private policyOf(limits: LimitsConfig): string {
    if (this.policy?.[0] !== limits) {
      const seconds = Math.ceil(limits.burst / limits.requestsPerSecond);
      this.policy = [limits, `"default";q=${limits.burst};w=${seconds}`];
    }
    return this.policy[1];
  }
}

/** Rounded up, but for the microsecond that sums of fractions are off by. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000 - 1e-6);
}
