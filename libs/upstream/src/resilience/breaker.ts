import { UpstreamFault } from '../upstream-fault.js';
import type { UpstreamSettings } from '../upstream-settings.js';
import { monotonicClock, RollingCounter, type Clock } from './rolling-counter.js';

export type BreakerState = 'closed' | 'open' | 'half-open';

export type BreakerSettings = Pick<
  UpstreamSettings,
  | 'breakerWindowMs'
  | 'breakerMinimumRequests'
  | 'breakerFailureRatio'
  | 'breakerOpenMs'
  | 'breakerMaxOpenMs'
  | 'breakerProbes'
>;

/** What an attempt says about the upstream; `nothing` where it was not the upstream that ended it. */
type Verdict = 'answered' | 'failed' | 'nothing';

/**
 * Stops asking an upstream that mostly fails, and lets a few probes find out when it is well again.
 * Own code: cockatiel counts requests per second on the wall clock and closes after a single probe.
 */
export class Breaker {
  private requests: RollingCounter;
  private failures: RollingCounter;
  private openUntil: number | null = null;
  private opens = 0;
  private probing = 0;
  private probed = 0;
  // Attempts that began before the state changed have no say in the new one.
  private generation = 0;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly now: Clock = monotonicClock,
  ) {
    this.forget();
  }

  get state(): BreakerState {
    if (this.openUntil === null) return 'closed';
    return this.now() < this.openUntil ? 'open' : 'half-open';
  }

  /** Whole seconds until the next probe, rounded up; null unless open. */
  get retryAfterSeconds(): number | null {
    return this.state === 'open' ? Math.ceil(((this.openUntil ?? 0) - this.now()) / 1_000) : null;
  }

  /** @throws UpstreamFault `upstream-unavailable` while open, and while enough probes are out */
  refuseWhileOpen(): void {
    const { state } = this;
    if (state === 'closed') return;
    if (state === 'half-open' && this.probing + this.probed < this.settings.breakerProbes) return;
    throw new UpstreamFault({
      problem: 'upstream-unavailable',
      detail: 'The upstream failed too often and is given a pause.',
      retryAfterSeconds: this.retryAfterSeconds ?? 1,
    });
  }

  /** Runs one attempt, or refuses it. What fails after the caller aborted is not held against the upstream. */
  async run<T>(attempt: () => Promise<T>, callerSignal?: AbortSignal): Promise<T> {
    this.refuseWhileOpen();
    const { generation } = this;
    if (this.openUntil !== null) this.probing += 1;
    try {
      const value = await attempt();
      this.judge('answered', generation);
      return value;
    } catch (failure) {
      this.judge(callerSignal?.aborted === true ? 'nothing' : verdictOf(failure), generation);
      throw failure;
    }
  }

  private judge(verdict: Verdict, generation: number): void {
    if (generation !== this.generation) return;
    if (this.openUntil === null) this.count(verdict);
    else this.endProbe(verdict);
  }

  private count(verdict: Verdict): void {
    if (verdict === 'nothing') return;
    this.requests.add();
    if (verdict === 'answered') return;
    this.failures.add();
    const requests = this.requests.total();
    const { breakerMinimumRequests, breakerFailureRatio } = this.settings;
    if (requests >= breakerMinimumRequests && this.failures.total() / requests >= breakerFailureRatio) this.open();
  }

  private endProbe(verdict: Verdict): void {
    this.probing -= 1;
    if (verdict === 'failed') return this.open();
    if (verdict === 'answered') this.probed += 1;
    if (this.probed >= this.settings.breakerProbes) this.close();
  }

  private open(): void {
    const { breakerOpenMs, breakerMaxOpenMs } = this.settings;
    this.openUntil = this.now() + Math.min(breakerMaxOpenMs, breakerOpenMs * 2 ** this.opens);
    this.opens += 1;
    this.forget();
  }

  private close(): void {
    this.openUntil = null;
    this.opens = 0;
    this.forget();
  }

  private forget(): void {
    this.generation += 1;
    this.probing = 0;
    this.probed = 0;
    this.requests = new RollingCounter(this.settings.breakerWindowMs, this.now);
    this.failures = new RollingCounter(this.settings.breakerWindowMs, this.now);
  }
}

function verdictOf(failure: unknown): Verdict {
  if (!(failure instanceof UpstreamFault)) return 'nothing';
  return failure.unwell ? 'failed' : 'answered';
}
