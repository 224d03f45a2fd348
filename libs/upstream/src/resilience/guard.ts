import type { UpstreamSettings } from '../upstream-settings.js';
import { Breaker, type BreakerState } from './breaker.js';
import { Bulkhead } from './bulkhead.js';
import { remainingMs, withDeadline } from './deadline.js';
import { RetryBudget } from './retry-budget.js';
import { retry, type RetryOptions } from './retry.js';
import { monotonicClock, type Clock } from './rolling-counter.js';

export interface GuardState {
  readonly breaker: BreakerState;
  /** Seconds until the breaker lets a probe through; null unless it is open. */
  readonly retryAfterSeconds: number | null;
  readonly inFlight: number;
  readonly queued: number;
}

/** What tests replace. */
export interface GuardParts extends Pick<RetryOptions, 'random' | 'sleep'> {
  readonly now?: Clock;
}

/** One run through a guard. */
export interface RunOptions {
  /** What is asked about, by any name: many failures of one task are one. */
  readonly task: string;
  /** Ends everything. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whose end is not held against the upstream, `signal` if left out: a deadline around the run is no caller, and an
   * upstream that lets it pass has failed.
   */
  readonly callerSignal?: AbortSignal | null;
  /** Attempts after the first, where they differ from the settings. */
  readonly retries?: number;
  /** Who takes a place, by any name: callers wait in turn. */
  readonly caller?: string | undefined;
}

/** Stands before one provider in one region: a deadline around retries around a bulkhead around a breaker around each attempt. */
export class UpstreamGuard {
  private readonly breaker: Breaker;
  private readonly bulkhead: Bulkhead;
  private readonly budget: RetryBudget;
  private readonly now: Clock;

  constructor(
    private readonly settings: UpstreamSettings,
    private readonly parts: GuardParts = {},
  ) {
    this.now = parts.now ?? monotonicClock;
    this.breaker = new Breaker(settings, this.now, parts.random);
    this.bulkhead = new Bulkhead(settings);
    this.budget = new RetryBudget({
      ratio: settings.retryBudgetRatio,
      minimum: settings.retryBudgetMinimum,
      windowMs: settings.breakerWindowMs,
      now: this.now,
    });
  }

  /**
   * Runs an attempt, and again where that can help; `attemptNumber` counts from 1.
   * @throws UpstreamFault of the last attempt, of the deadline, of an open breaker or of a wait that was too long
   * @throws the signal's reason when it aborted
   */
  run<T>(attempt: (signal: AbortSignal, attemptNumber: number) => Promise<T>, options: RunOptions): Promise<T> {
    const { backoffBaseMs, backoffCapMs, requestMs } = this.settings;
    const { signal, retries = this.settings.retries } = options;
    const lookup = async (deadline: AbortSignal): Promise<T> => {
      this.breaker.holdBack();
      this.budget.recordRequest();
      return retry(
        (attemptNumber) => this.pass(() => attempt(deadline, attemptNumber), attemptNumber > 1, deadline, options),
        {
          ...this.parts,
          backoffBaseMs,
          backoffCapMs,
          retries,
          budget: this.budget,
          remainingMs: () => remainingMs(deadline, this.now),
          signal: deadline,
        },
      );
    };
    // A deadline of the same length that has begun already ends first.
    if (signal !== undefined && !signal.aborted && remainingMs(signal, this.now) <= requestMs) return lookup(signal);
    return withDeadline(requestMs, signal, lookup, this.now);
  }

  state(): GuardState {
    return {
      breaker: this.breaker.state,
      retryAfterSeconds: this.breaker.retryAfterSeconds,
      inFlight: this.bulkhead.inFlight,
      queued: this.bulkhead.queued,
    };
  }

  private async pass<T>(
    attempt: () => Promise<T>,
    isRetry: boolean,
    deadline: AbortSignal,
    options: RunOptions,
  ): Promise<T> {
    const { task, signal, callerSignal = signal, caller } = options;
    // Asked twice: nobody queues for a broken upstream, and who queued when it broke is still stopped.
    this.breaker.refuseWhileOpen(isRetry);
    // The breaker is inside, so that a long queue is not held against the upstream.
    return this.bulkhead.run(
      () => this.breaker.run(attempt, task, callerSignal ?? undefined, isRetry),
      deadline,
      caller,
    );
  }
}
