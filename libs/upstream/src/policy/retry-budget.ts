import { monotonicClock, type Clock } from '@gateway/async';
import type { UpstreamSettings } from '../upstream-settings.js';

/** Keeps retries a small share of the traffic, so that a failing upstream is not asked many times as often as a sound one. */
export class RetryBudget {
  private readonly requests: RollingCounter;
  private readonly retries: RollingCounter;

  constructor(
    private readonly settings: Pick<UpstreamSettings, 'retryBudgetRatio' | 'retryBudgetMinimum' | 'breakerWindowMs'>,
    now: Clock = monotonicClock,
  ) {
    this.requests = new RollingCounter(settings.breakerWindowMs, now);
    this.retries = new RollingCounter(settings.breakerWindowMs, now);
  }

  /** Notes a request, not its retries. */
  recordRequest(): void {
    this.requests.add();
  }

  /** Takes one retry; false where none is left. */
  tryTake(): boolean {
    const { retryBudgetRatio, retryBudgetMinimum } = this.settings;
    const allowed = Math.max(retryBudgetMinimum, retryBudgetRatio * this.requests.total());
    if (this.retries.total() + 1 > allowed) return false;
    this.retries.add();
    return true;
  }
}

const SLOTS = 10;

/** Counts what happened in the last `windowMs` milliseconds, to a tenth of the window. */
export class RollingCounter {
  private readonly slotMs: number;
  private readonly counts = Array.from({ length: SLOTS }, () => ({ slot: -1, count: 0 }));

  constructor(
    windowMs: number,
    private readonly now: Clock,
  ) {
    this.slotMs = windowMs / SLOTS;
  }

  add(): void {
    const slot = this.currentSlot();
    const entry = this.counts[slot % SLOTS];
    if (entry === undefined) return;
    if (entry.slot !== slot) Object.assign(entry, { slot, count: 0 });
    entry.count += 1;
  }

  total(): number {
    const oldest = this.currentSlot() - SLOTS + 1;
    return this.counts.reduce((sum, { slot, count }) => (slot >= oldest ? sum + count : sum), 0);
  }

  private currentSlot(): number {
    return Math.floor(this.now() / this.slotMs);
  }
}
