import { Problem } from '@gateway/problems';
import type { ProblemOptions } from '@gateway/problems';
import type { LookupProblem, RetryAdvice } from '@gateway/tasks';

export interface UpstreamFailureOptions extends Pick<ProblemOptions, 'upstream'> {
  readonly provider?: string | undefined;
  readonly problem: LookupProblem;
  /** One sentence without secrets, host names or addresses. */
  readonly detail: string;
  /** Whether the caller's own token was used: that it is refused or throttled is the caller's matter then. */
  readonly ownToken?: boolean;
  readonly retry?: RetryAdvice;
  /** Whole seconds, as the upstream asked, clamped to 1..300. */
  readonly retryAfterSeconds?: number | null;
  /** Whether the breaker counts it as a failure of the upstream, null where it says nothing of it; by default as the problem says. */
  readonly countsAsFailure?: boolean | null;
}

/** Problems that are failures of the upstream. An odd document or a refusal is an answer. */
const FAILURES: ReadonlySet<LookupProblem> = new Set([
  'upstream-error',
  'upstream-unreachable',
  'upstream-timeout',
  'upstream-unavailable',
]);

/** Problems that tell callers when to ask again: only 429 and 503 do, whatever else an upstream asks. */
const WAITS: ReadonlySet<LookupProblem> = new Set(['upstream-throttled', 'upstream-unavailable', 'gateway-busy']);

/** Seconds that callers wait where the upstream named none. */
const DEFAULT_WAIT_SECONDS = 5;

/**
 * A failed lookup, as a problem for its caller. Thrown for everything that keeps an upstream from answering about a task;
 * says nothing about the task.
 */
export class UpstreamFailure extends Problem {
  override readonly name = 'UpstreamFailure';
  readonly retry: RetryAdvice;
  /** As the upstream asked; the value for callers is in `options`. */
  readonly retryAfterSeconds: number | null;
  readonly countsAsFailure: boolean | null;

  constructor(private readonly given: UpstreamFailureOptions) {
    const { problem, detail, ownToken = false, retry = 'never', retryAfterSeconds = null } = given;
    const { provider = null, upstream = null } = given;
    // A frontend must not log its user out because the gateway's own credentials were refused: that is a 502.
    const isCallers = ownToken && problem === 'upstream-credentials-rejected';
    // A 4xx that nothing mends is refused again.
    const status = upstream?.status ?? 0;
    const isRefused = problem === 'upstream-error' && retry === 'never' && status >= 400 && status < 500;
    super(ownToken && problem === 'upstream-throttled' ? 'rate-limited' : problem, {
      detail,
      provider,
      upstream,
      retryAfterSeconds: WAITS.has(problem) ? (retryAfterSeconds ?? DEFAULT_WAIT_SECONDS) : null,
      ...(isCallers ? { status: 401 } : {}),
      ...(isRefused ? { retryable: false } : {}),
      ...(problem === 'validation-failed' ? { errors: [{ detail, parameter: 'id' }] } : {}),
    });
    this.retry = retry;
    this.retryAfterSeconds = retryAfterSeconds;
    this.countsAsFailure = given.countsAsFailure === undefined ? FAILURES.has(problem) : given.countsAsFailure;
  }

  /** Names the provider in what was thrown, where it is a failure that came from parts that serve several. */
  static ofProvider(error: unknown, provider: string): unknown {
    if (!(error instanceof UpstreamFailure) || error.given.provider !== undefined) return error;
    return new UpstreamFailure({ ...error.given, provider });
  }
}

/** The reason of a deadline around what an upstream is asked. */
export function upstreamTimeout(provider?: string): UpstreamFailure {
  return new UpstreamFailure({ problem: 'upstream-timeout', detail: 'The upstream did not answer in time.', provider });
}

/** The answer in place of the upstream, while it is spared or cannot be waited for. */
export function unavailable(detail: string, retryAfterSeconds = 1): UpstreamFailure {
  return new UpstreamFailure({ problem: 'upstream-unavailable', detail, retryAfterSeconds });
}
