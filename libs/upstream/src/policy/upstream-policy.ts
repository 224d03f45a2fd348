import { monotonicClock, type Clock, type Deadline } from '@gateway/async';
import type { UpstreamSettings } from '../upstream-settings.js';
import { Breaker, type BreakerControl, type BreakerState } from './breaker.js';
import { Bulkhead } from './bulkhead.js';
import { RetryBudget, retry, type RetryOptions } from './retry.js';

export interface PolicyState {
  readonly breaker: BreakerState;
  /** Seconds until the breaker lets a probe through; null unless it is open. */
  readonly retryAfterSeconds: number | null;
  readonly inFlight: number;
  readonly queued: number;
}

/** Counted since the start of the process. */
export interface PolicyCounts {
  /** Requests and attempts that the breaker has refused. */
  readonly refusedByBreaker: number;
  /** Attempts that found the queue full, or waited in it for too long. */
  readonly refusedByQueue: number;
  readonly retries: number;
}

/** What tests replace. */
interface PolicyParts extends Pick<RetryOptions, 'random' | 'sleep'> {
  readonly now?: Clock;
}

/** One run under a policy. */
interface RunOptions {
  /** The task by any name: many failures of one task are one. */
  readonly task: string;
  /** Ends everything. An upstream that lets it pass has failed; with a caller who leaves it has not. */
  readonly deadline: Deadline;
  /** Attempts after the first, where they differ from the settings. */
  readonly retries?: number | undefined;
  /** Caller who takes a place, by any name: callers wait in turn. */
  readonly caller?: string | undefined;
  /** Whether nobody can tell yet that this is one: all of these wait behind each other. */
  readonly isStranger?: boolean | undefined;
}

/** Stands before one provider in one region: retries around a bulkhead around a breaker around each attempt. */
export class UpstreamPolicy {
  private readonly breaker: Breaker;
  private readonly bulkhead: Bulkhead;
  private readonly budget: RetryBudget;
  private readonly now: Clock;
  private retries = 0;

  constructor(
    private readonly settings: UpstreamSettings,
    private readonly parts: PolicyParts = {},
  ) {
    this.now = parts.now ?? monotonicClock;
    this.breaker = new Breaker(settings, this.now, parts.random);
    this.bulkhead = new Bulkhead(settings);
    this.budget = new RetryBudget(settings, this.now);
  }

  /**
   * Runs an attempt, and again where that can help; `attemptNumber` counts from 1.
   * @throws UpstreamFailure of the last attempt, of an open breaker or of a wait that was too long
   * @throws the reason that the deadline's signal aborted with
   */
  async run<T>(attempt: (attemptNumber: number) => Promise<T>, options: RunOptions): Promise<T> {
    const { signal, endsAt } = options.deadline;
    signal.throwIfAborted();
    this.breaker.holdBack();
    this.budget.recordRequest();
    return retry((attemptNumber) => this.pass(() => attempt(attemptNumber), attemptNumber > 1, options), {
      ...this.settings,
      ...this.parts,
      retries: options.retries ?? this.settings.retries,
      budget: this.budget,
      remainingMs: () => endsAt - this.now(),
      signal,
    });
  }

  state(): PolicyState {
    return {
      breaker: this.breaker.state,
      retryAfterSeconds: this.breaker.retryAfterSeconds,
      inFlight: this.bulkhead.inFlight,
      queued: this.bulkhead.queued,
    };
  }

  counts(): PolicyCounts {
    return { refusedByBreaker: this.breaker.refused, refusedByQueue: this.bulkhead.refused, retries: this.retries };
  }

  /** Who decides whether the breaker is open. */
  get breakerControl(): BreakerControl {
    return this.breaker.control;
  }

  set breakerControl(wanted: BreakerControl) {
    this.breaker.control = wanted;
  }

  private async pass<T>(attempt: () => Promise<T>, isRetry: boolean, options: RunOptions): Promise<T> {
    const { task, deadline, caller, isStranger } = options;
    if (isRetry) this.retries += 1;
    // Checked twice: nothing queues for a broken upstream, and what queued before it broke is stopped.
    this.breaker.refuseWhileOpen(isRetry);
    // The breaker is inside, so that a long queue is not held against the upstream.
    return this.bulkhead.run(() => this.breaker.run(attempt, task, isRetry), deadline.signal, caller, isStranger);
  }
}
