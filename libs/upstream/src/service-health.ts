import { Logger } from '@nestjs/common';
import type { ProblemSlug } from '@gateway/problems';
import type { BreakerState } from './policy/breaker.js';
import { monotonicClock } from '@gateway/async';
import type { Clock } from '@gateway/async';
import { UpstreamFailure } from './errors/upstream-failure.js';

/** What keeps a service of a cloud from being used. */
export const UNHEALTHY_REASONS = ['credentials-rejected', 'unreachable', 'breaker-open'] as const;
export type UnhealthyReason = (typeof UNHEALTHY_REASONS)[number];

export interface UnhealthyService {
  /** Id of a provider, or `iam`. */
  readonly service: string;
  readonly region: string;
  readonly reason: UnhealthyReason;
}

/** Answers that only accepted credentials get. */
const ACCEPTED: ReadonlySet<ProblemSlug> = new Set(['task-not-found', 'scope-not-found', 'permission-denied']);

/** Most warnings about a service whose state changes all the time. */
const WARNINGS = { most: 5, withinMs: 60_000 };

/** Whether one service of one region can be used, as the last requests found; logged once when that changes. */
export class ServiceHealth {
  private readonly logger = new Logger('Upstream');
  private found: Exclude<UnhealthyReason, 'breaker-open'> | null = null;
  private warnedAbout: UnhealthyReason | null = null;
  private readonly warnedAt: number[] = [];

  /** @param name of service and region, for the log: no address */
  constructor(
    private readonly name: string,
    private readonly breaker: () => BreakerState,
    private readonly now: Clock = monotonicClock,
  ) {}

  /** Null where nothing is known to be wrong. */
  get unhealthyReason(): UnhealthyReason | null {
    return this.found ?? (this.breaker() === 'closed' ? null : 'breaker-open');
  }

  /**
   * Runs a request, and judges the service by how it ends.
   * @param isOurs whether refused credentials are the gateway's
   */
  async watch<T>(isOurs: (failure: UpstreamFailure) => boolean, request: () => Promise<T>): Promise<T> {
    try {
      const answer = await request();
      this.found = null;
      this.report('');
      return answer;
    } catch (error) {
      if (error instanceof UpstreamFailure) {
        this.judge(error, isOurs(error));
        this.report(evidenceOf(error));
      }
      throw error;
    }
  }

  private judge({ slug, options: { upstream } }: UpstreamFailure, isOurs: boolean): void {
    if (slug === 'upstream-unreachable') this.found = 'unreachable';
    else if (slug === 'upstream-credentials-rejected' && isOurs) this.found = 'credentials-rejected';
    // An answer proves that it can be reached; an end without one, as a wait for an open breaker, proves nothing.
    else if (upstream && (this.found === 'unreachable' || ACCEPTED.has(slug))) this.found = null;
  }

  private report(evidence: string): void {
    const reason = this.unhealthyReason;
    // A breaker that tries again has found nothing new.
    if (reason === this.warnedAbout || (reason === 'breaker-open' && this.breaker() === 'half-open')) return;
    if (reason === null) this.logger.log(`${this.name} is healthy again.`);
    else if (this.mayWarn()) this.logger.warn(`${this.name} ${SENTENCES[reason]}${evidence}`);
    else return;
    this.warnedAbout = reason;
  }

  private mayWarn(): boolean {
    const now = this.now();
    while (this.warnedAt.length > 0 && now - (this.warnedAt[0] ?? 0) >= WARNINGS.withinMs) this.warnedAt.shift();
    if (this.warnedAt.length >= WARNINGS.most) return false;
    this.warnedAt.push(now);
    return true;
  }
}

const SENTENCES: Readonly<Record<UnhealthyReason, string>> = {
  'credentials-rejected': 'refuses the credentials of the gateway.',
  unreachable: 'cannot be reached.',
  'breaker-open': 'failed too often, and is given pauses.',
};

function evidenceOf({ message, options: { upstream } }: UpstreamFailure): string {
  const answer = upstream ? ` Status ${upstream.status ?? 'none'}, code ${upstream.code ?? 'none'}.` : '';
  return ` ${message}${answer}`;
}
