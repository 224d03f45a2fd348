import { monotonicClock, type Clock } from '@gateway/async';
import { RollingCounter } from './rolling-counter.js';

export interface RetryBudgetOptions {
  /** Retries per request, 0 to 1. */
  readonly ratio: number;
  /** Retries per window that are always allowed. */
  readonly minimum: number;
  /** Milliseconds that are looked back. */
  readonly windowMs: number;
  readonly now?: Clock;
}

/** Keeps retries a small share of the traffic, so that a failing upstream is not asked many times as often as a sound one. */
export class RetryBudget {
  private readonly requests: RollingCounter;
  private readonly retries: RollingCounter;

  constructor(private readonly options: RetryBudgetOptions) {
    const now = options.now ?? monotonicClock;
    this.requests = new RollingCounter(options.windowMs, now);
    this.retries = new RollingCounter(options.windowMs, now);
  }

  /** Notes a request, not its retries. */
  recordRequest(): void {
    this.requests.add();
  }

  /** Takes one retry; false where none is left. */
  tryTake(): boolean {
    const allowed = Math.max(this.options.minimum, this.options.ratio * this.requests.total());
    if (this.retries.total() + 1 > allowed) return false;
    this.retries.add();
    return true;
  }
}
