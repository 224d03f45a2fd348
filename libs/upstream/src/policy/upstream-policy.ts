import { monotonicClock, type Clock, type Deadline } from '@gateway/async';
import { unavailable, type UpstreamFailure } from '../errors/upstream-failure.js';
import type { UpstreamSettings } from '../upstream-settings.js';
import { Breaker, type BreakerState } from './breaker.js';
import { RetryBudget, retry, type RetryOptions } from './retry.js';

export interface PolicyState {
  readonly breaker: BreakerState;
  /** Seconds until the breaker lets a probe through; null unless it is open. */
  readonly retryAfterSeconds: number | null;
  readonly inFlight: number;
  readonly queued: number;
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
}

/** Stands before one provider in one region: retries around a bulkhead around a breaker around each attempt. */
export class UpstreamPolicy {
  private readonly breaker: Breaker;
  private readonly bulkhead: Bulkhead;
  private readonly budget: RetryBudget;
  private readonly now: Clock;

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

  private async pass<T>(attempt: () => Promise<T>, isRetry: boolean, options: RunOptions): Promise<T> {
    const { task, deadline, caller } = options;
    // Checked twice: nothing queues for a broken upstream, and what queued before it broke is stopped.
    this.breaker.refuseWhileOpen(isRetry);
    // The breaker is inside, so that a long queue is not held against the upstream.
    return this.bulkhead.run(() => this.breaker.run(attempt, task, isRetry), deadline.signal, caller);
  }
}

/** Most that wait at once: a bound for the memory, far above what callers' connections bring. */
const MAX_QUEUED = 10_000;

/** Lets so many attempts run at once; the others wait their turn, for a bounded time, each caller in a line of its own. */
export class Bulkhead {
  private running = 0;
  private readonly waiting = new FairQueue<() => void>();

  constructor(private readonly settings: Pick<UpstreamSettings, 'concurrency' | 'queueMs'>) {}

  get inFlight(): number {
    return this.running;
  }

  get queued(): number {
    return this.waiting.size;
  }

  /**
   * Runs work when it is its turn.
   * @param caller whose work it is; callers take turns
   * @throws UpstreamFailure `upstream-unavailable` when the wait is too long
   * @throws the signal's reason when it aborts in the queue
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal, caller = ''): Promise<T> {
    if (this.running < this.settings.concurrency) this.running += 1;
    else await this.takeTurn(signal, caller);
    try {
      return await work();
    } finally {
      this.passOn();
    }
  }

  private takeTurn(signal: AbortSignal | undefined, caller: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (this.waiting.size >= MAX_QUEUED) return reject(tooBusy());
      const leave = (): void => {
        clearTimeout(timer);
        clearImmediate(lastChance);
        signal?.removeEventListener('abort', onAbort);
        this.waiting.delete(caller, enter);
      };
      const enter = (): void => {
        leave();
        resolve();
      };
      const fail = (reason: unknown): void => {
        leave();
        reject(reason);
      };
      const onAbort = (): void => fail(signal?.reason);
      let lastChance: NodeJS.Immediate | undefined;
      // Timers run before input is read: a late event loop first sees what the upstream has answered meanwhile.
      const timer = setTimeout(() => (lastChance = setImmediate(() => fail(tooBusy()))), this.settings.queueMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiting.add(caller, enter);
    });
  }

  private passOn(): void {
    const next = this.waiting.next();
    if (next === undefined) this.running -= 1;
    else next();
  }
}

const tooBusy = (): UpstreamFailure => unavailable('Too many requests to the upstream are under way.');

/** Lines of waiters that are served in turn, one of each line; first come, first served within a line. */
class FairQueue<T> {
  private readonly lines = new Map<string, Set<T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(line: string, waiter: T): void {
    const waiters = this.lines.get(line);
    if (waiters === undefined) this.lines.set(line, new Set([waiter]));
    else waiters.add(waiter);
    this.count += 1;
  }

  /** Does nothing where the waiter has left already. */
  delete(line: string, waiter: T): void {
    const waiters = this.lines.get(line);
    if (waiters?.delete(waiter) !== true) return;
    this.count -= 1;
    if (waiters.size === 0) this.lines.delete(line);
  }

  /** Takes the waiter whose turn it is out of the queue; undefined where nobody waits. */
  next(): T | undefined {
    for (const [line, waiters] of this.lines) {
      const [waiter] = waiters;
      if (waiter === undefined) continue;
      this.delete(line, waiter);
      // Behind all the others.
      if (this.lines.delete(line)) this.lines.set(line, waiters);
      return waiter;
    }
    return undefined;
  }
}
