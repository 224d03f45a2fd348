import { setTimeout as sleepFor } from 'node:timers/promises';
import { monotonicClock, type Clock } from '@gateway/async';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import type { UpstreamSettings } from '../upstream-settings.js';

export interface RetryOptions {
  /** Attempts after the first. */
  readonly retries: number;
  /** Milliseconds. */
  readonly backoffBaseMs: number;
  /** Milliseconds. */
  readonly backoffCapMs: number;
  readonly budget: Pick<RetryBudget, 'tryTake'>;
  /** Milliseconds that are left of the deadline. */
  readonly remainingMs: () => number;
  /** Ends a pause. */
  readonly signal: AbortSignal;
  /** 0 up to, not including, 1. */
  readonly random?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Retries so far in one lookup. */
export interface Retries {
  readonly all: number;
  /** Those after a failure that may be retried once. */
  readonly once: number;
}

/** Whether one more attempt can help after this failure. A new token is fetched where the credentials are known, not here. */
export function shouldRetry(failure: unknown, retried: Retries, retries: number): failure is UpstreamFailure {
  if (!(failure instanceof UpstreamFailure) || retried.all >= retries) return false;
  return failure.retry === 'backoff' || (failure.retry === 'once' && retried.once === 0);
}

/** The pause before the next attempt, in milliseconds: as long as `Retry-After`, else full jitter. */
export function backoffMs(
  failure: Pick<UpstreamFailure, 'retryAfterSeconds'>,
  retried: number,
  {
    backoffBaseMs,
    backoffCapMs,
    random = Math.random,
  }: Pick<RetryOptions, 'backoffBaseMs' | 'backoffCapMs' | 'random'>,
): number {
  if (failure.retryAfterSeconds !== null) return failure.retryAfterSeconds * 1_000;
  return random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** retried);
}

/** Runs an attempt, and again where that can help, fits into the deadline and is in the budget. Attempts count from 1. */
export async function retry<T>(attempt: (attemptNumber: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { sleep = pause } = options;
  for (let retried: Retries = { all: 0, once: 0 }; ;) {
    try {
      return await attempt(retried.all + 1);
    } catch (failure) {
      if (options.signal.aborted || !shouldRetry(failure, retried, options.retries)) throw failure;
      const ms = backoffMs(failure, retried.all, options);
      if (ms >= options.remainingMs() || !options.budget.tryTake()) throw failure;
      await sleep(ms, options.signal);
      retried = { all: retried.all + 1, once: retried.once + (failure.retry === 'once' ? 1 : 0) };
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, { signal });
  } catch {
    // The timer rejects with an error of its own; callers expect the reason of their signal.
    signal.throwIfAborted();
  }
}

/** Keeps retries a small share of the traffic, so that a failing upstream gets hardly more requests than a sound one. */
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
