import { monotonicClock, type Clock } from '@gateway/async';
import { unavailable, UpstreamFailure } from '../errors/upstream-failure.js';
import type { UpstreamSettings } from '../upstream-settings.js';
import { RecentOutcomes } from './recent-outcomes.js';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** `auto`: the breaker judges by what it sees. */
export type BreakerControl = 'open' | 'closed' | 'auto';

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
  /** What an operator wants; null where it judges itself. */
  private forced: 'open' | 'closed' | null = null;
  private refusals = 0;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly now: Clock = monotonicClock,
    private readonly random: () => number = Math.random,
  ) {
    this.outcomes = new RecentOutcomes(settings, now);
  }

  /** Requests and attempts that it has refused, since the start. */
  get refused(): number {
    return this.refusals;
  }

  /** Who decides: an operator, or the breaker itself. */
  get control(): BreakerControl {
    return this.forced ?? 'auto';
  }

  /** Opens or closes it until told otherwise; `auto` has it judge again, by what comes from now on. */
  set control(wanted: BreakerControl) {
    this.forced = wanted === 'auto' ? null : wanted;
    this.close();
  }

  get state(): BreakerState {
    if (this.forced !== null) return this.forced;
    if (this.openUntil === null) return 'closed';
    return this.now() < this.openUntil ? 'open' : 'half-open';
  }

  /** Whole seconds until the next probe, rounded up; null unless open. */
  get retryAfterSeconds(): number | null {
    if (this.forced === 'open') return Math.ceil(this.settings.breakerOpenMs / 1_000);
    return this.state === 'open' ? Math.ceil(((this.openUntil ?? 0) - this.now()) / 1_000) : null;
  }

  /**
   * Asked once for each lookup, whatever its retries: what is admitted is the share that still works.
   * @throws UpstreamFailure `upstream-unavailable`
   */
  holdBack(): void {
    if (this.forced !== null || this.openUntil !== null) return;
    const { breakerFailureRatio } = this.settings;
    const share = this.outcomes.failedShare();
    // Measured among those admitted, so that holding back does not feed itself.
    if (share <= breakerFailureRatio || this.random() < (1 - share) / (1 - breakerFailureRatio)) return;
    this.refusals += 1;
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
    this.refusals += 1;
    if (this.forced === 'open')
      throw unavailable('An operator has stopped requests to the upstream.', this.retryAfterSeconds ?? 1);
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
    if (round !== this.round || this.forced !== null) return;
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
