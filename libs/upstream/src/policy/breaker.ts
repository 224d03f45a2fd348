import { monotonicClock, type Clock } from '@gateway/async';
import { unavailable, UpstreamFailure } from '../errors/upstream-failure.js';
import type { UpstreamSettings } from '../upstream-settings.js';

export type BreakerState = 'closed' | 'open' | 'half-open';

type BreakerSettings = Pick<
  UpstreamSettings,
  | 'breakerWindowMs'
  | 'breakerMinimumRequests'
  | 'breakerFailureRatio'
  | 'breakerOpenMs'
  | 'breakerMaxOpenMs'
  | 'breakerProbes'
>;

/** Attempts since the state changed last. Those that began before change nothing in the new one. */
interface Round {
  /** Of a pause that is over: those under way, and those that ended. */
  probing: number;
  answered: number;
  failed: number;
}

/** Share of failing tasks from which on nothing is left to serve. */
const NEARLY_ALL = 0.95;

/**
 * Spares an upstream that fails. From `breakerFailureRatio` on it holds requests back, the more the more tasks fail;
 * where nearly all fail it opens, and lets a few probes find out whether anything works again.
 * Own code: cockatiel counts requests per second on the wall clock and closes after a single probe.
 */
export class Breaker {
  private readonly outcomes: RecentOutcomes;
  private openUntil: number | null = null;
  private opens = 0;
  private round: Round = { probing: 0, answered: 0, failed: 0 };

  constructor(
    private readonly settings: BreakerSettings,
    private readonly now: Clock = monotonicClock,
    private readonly random: () => number = Math.random,
  ) {
    this.outcomes = new RecentOutcomes(settings, now);
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
    const { breakerFailureRatio } = this.settings;
    const share = this.outcomes.failedShare();
    // Measured among those admitted, so that holding back does not feed itself.
    if (share <= breakerFailureRatio || this.random() < (1 - share) / (1 - breakerFailureRatio)) return;
    throw unavailable('The upstream fails often, and some requests are held back.');
  }

  /**
   * @param isRetry a retry is no probe
   * @throws UpstreamFailure `upstream-unavailable` while open, and while enough probes are out
   */
  refuseWhileOpen(isRetry = false): void {
    const { state, round } = this;
    if (state === 'closed') return;
    const probes = round.probing + round.answered + round.failed;
    if (state === 'half-open' && !isRetry && probes < this.settings.breakerProbes) return;
    throw unavailable('The upstream failed too often and is given a pause.', this.retryAfterSeconds ?? 1);
  }

  /**
   * Runs one attempt about a task, or refuses it. Only an {@link UpstreamFailure} is held against the upstream: not the
   * reason of a caller who left.
   * @throws UpstreamFailure
   */
  async run<T>(attempt: () => Promise<T>, task: string, isRetry = false): Promise<T> {
    this.refuseWhileOpen(isRetry);
    const { round } = this;
    if (this.openUntil !== null) round.probing += 1;
    try {
      const value = await attempt();
      this.judge(false, task, round);
      return value;
    } catch (failure) {
      this.judge(failure instanceof UpstreamFailure ? failure.countsAsFailure : null, task, round);
      throw failure;
    }
  }

  /** @param failed null where it was not the upstream that ended the attempt */
  private judge(failed: boolean | null, task: string, round: Round): void {
    if (round !== this.round) return;
    if (this.openUntil !== null) this.endProbe(failed);
    else if (failed !== null) {
      this.outcomes.note(task, failed);
      if (failed && this.outcomes.failedShare() >= Math.max(NEARLY_ALL, this.settings.breakerFailureRatio)) this.open();
    }
  }

  /** One probe that is answered is enough to serve what works. */
  private endProbe(failed: boolean | null): void {
    const { round } = this;
    round.probing -= 1;
    if (failed !== null) round[failed ? 'failed' : 'answered'] += 1;
    if (round.answered + round.failed < this.settings.breakerProbes) return;
    if (round.answered === 0) this.open();
    else this.close();
  }

  private open(): void {
    const { breakerOpenMs, breakerMaxOpenMs } = this.settings;
    this.openUntil = this.now() + Math.min(breakerMaxOpenMs, breakerOpenMs * 2 ** this.opens);
    this.opens += 1;
    this.startRound();
  }

  private close(): void {
    this.openUntil = null;
    this.opens = 0;
    this.startRound();
  }

  private startRound(): void {
    this.round = { probing: 0, answered: 0, failed: 0 };
    this.outcomes.clear();
  }
}

/** So many tasks are judged by: enough for a steady share, few enough to notice an outage within as many requests. */
const SAMPLE = 100;
const MAX_SAMPLE = 10_000;

/** How the last attempt about each of the most recent tasks ended: many answers about one task are one. */
class RecentOutcomes {
  /** Oldest first. */
  private readonly outcomes = new Map<string, { readonly at: number; readonly failed: boolean }>();
  private readonly limit: number;
  private failures = 0;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly now: Clock,
  ) {
    this.limit = Math.min(MAX_SAMPLE, Math.max(SAMPLE, 5 * settings.breakerMinimumRequests));
  }

  note(task: string, failed: boolean): void {
    this.delete(task);
    this.outcomes.set(task, { at: this.now(), failed });
    if (failed) this.failures += 1;
    const [oldest] = this.outcomes.keys();
    if (this.outcomes.size > this.limit && oldest !== undefined) this.delete(oldest);
  }

  /** Share of tasks that failed within the window, 0 to 1; 0 while they are too few to judge by. */
  failedShare(): number {
    const { breakerMinimumRequests, breakerWindowMs } = this.settings;
    const oldest = this.now() - breakerWindowMs;
    for (const [task, { at }] of this.outcomes) {
      if (at > oldest) break;
      this.delete(task);
    }
    const { size } = this.outcomes;
    return size < breakerMinimumRequests ? 0 : this.failures / size;
  }

  clear(): void {
    this.outcomes.clear();
    this.failures = 0;
  }

  private delete(task: string): void {
    if (this.outcomes.get(task)?.failed === true) this.failures -= 1;
    this.outcomes.delete(task);
  }
}
