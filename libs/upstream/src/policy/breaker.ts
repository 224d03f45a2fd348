import { monotonicClock, type Clock } from '@gateway/async';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import type { UpstreamSettings } from '../upstream-settings.js';
import { RecentOutcomes } from './recent-outcomes.js';

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

/** Share of failing tasks from which on nothing is left to serve. */
const NEARLY_ALL = 0.95;

/** So many tasks are judged by: enough for a steady share, few enough to notice an outage within as many requests. */
const SAMPLE = 100;
const MAX_SAMPLE = 10_000;

/**
 * Spares an upstream that fails. From `breakerFailureRatio` on it holds requests back, the more the more tasks fail;
 * where nearly all fail it opens, and lets a few probes find out whether anything works again.
 * Own code: cockatiel counts requests per second on the wall clock and closes after a single probe.
 */
export class Breaker {
  private readonly outcomes: RecentOutcomes;
  private openUntil: number | null = null;
  private opens = 0;
  private probing = 0;
  private answeredProbes = 0;
  private failedProbes = 0;
  // Attempts that began before the state changed have no say in the new one.
  private round = 0;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly now: Clock = monotonicClock,
    private readonly random: () => number = Math.random,
  ) {
    const sample = Math.min(MAX_SAMPLE, Math.max(SAMPLE, 5 * settings.breakerMinimumRequests));
    this.outcomes = new RecentOutcomes(settings.breakerWindowMs, sample, now);
  }

  get state(): BreakerState {
    if (this.openUntil === null) return 'closed';
    return this.now() < this.openUntil ? 'open' : 'half-open';
  }

  /** Whole seconds until the next probe, rounded up; null unless open. */
  get retryAfterSeconds(): number | null {
    return this.state === 'open' ? Math.ceil(((this.openUntil ?? 0) - this.now()) / 1_000) : null;
  }

  /**
   * Asked once for each lookup, whatever its retries: what is admitted is the share that still works.
   * @throws UpstreamFailure `upstream-unavailable`
   */
  holdBack(): void {
    if (this.openUntil !== null) return;
    const { breakerMinimumRequests, breakerFailureRatio } = this.settings;
    const share = this.outcomes.failedShare(breakerMinimumRequests) ?? 0;
    // Measured among those admitted, so that holding back does not feed itself.
    if (share <= breakerFailureRatio || this.random() < (1 - share) / (1 - breakerFailureRatio)) return;
    throw new UpstreamFailure({
      problem: 'upstream-unavailable',
      detail: 'The upstream fails often, and some requests are held back.',
      retryAfterSeconds: 1,
    });
  }

  /**
   * @param isRetry a retry is no probe
   * @throws UpstreamFailure `upstream-unavailable` while open, and while enough probes are out
   */
  refuseWhileOpen(isRetry = false): void {
    const { state } = this;
    if (state === 'closed') return;
    if (state === 'half-open' && !isRetry && this.probing + this.probed < this.settings.breakerProbes) return;
    throw new UpstreamFailure({
      problem: 'upstream-unavailable',
      detail: 'The upstream failed too often and is given a pause.',
      retryAfterSeconds: this.retryAfterSeconds ?? 1,
    });
  }

  /**
   * Runs one attempt about a task, or refuses it. Only an {@link UpstreamFailure} is held against the upstream: not the
   * reason of a caller who left.
   * @throws UpstreamFailure
   */
  async run<T>(attempt: () => Promise<T>, task: string, isRetry = false): Promise<T> {
    this.refuseWhileOpen(isRetry);
    const { round } = this;
    if (this.openUntil !== null) this.probing += 1;
    try {
      const value = await attempt();
      this.judge('answered', task, round);
      return value;
    } catch (failure) {
      this.judge(verdictOf(failure), task, round);
      throw failure;
    }
  }

  private judge(verdict: Verdict, task: string, round: number): void {
    if (round !== this.round) return;
    if (this.openUntil === null) this.count(verdict, task);
    else this.endProbe(verdict);
  }

  private get probed(): number {
    return this.answeredProbes + this.failedProbes;
  }

  private count(verdict: Verdict, task: string): void {
    if (verdict === 'nothing') return;
    this.outcomes.note(task, verdict === 'failed');
    if (verdict === 'answered') return;
    const { breakerMinimumRequests, breakerFailureRatio } = this.settings;
    const share = this.outcomes.failedShare(breakerMinimumRequests) ?? 0;
    if (share >= Math.max(NEARLY_ALL, breakerFailureRatio)) this.open();
  }

  /** One probe that is answered is enough to serve what works. */
  private endProbe(verdict: Verdict): void {
    this.probing -= 1;
    if (verdict === 'failed') this.failedProbes += 1;
    if (verdict === 'answered') this.answeredProbes += 1;
    if (this.probed < this.settings.breakerProbes) return;
    if (this.answeredProbes === 0) this.open();
    else this.close();
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
    this.round += 1;
    this.probing = 0;
    this.answeredProbes = 0;
    this.failedProbes = 0;
    this.outcomes.clear();
  }
}

function verdictOf(failure: unknown): Verdict {
  if (!(failure instanceof UpstreamFailure) || failure.countsAsFailure === null) return 'nothing';
  return failure.countsAsFailure ? 'failed' : 'answered';
}
