import type { LookupProblem, RetryAdvice } from '@gateway/tasks';

/** What an upstream said about a refusal, for the reader of a problem document. */
export interface UpstreamAnswer {
  readonly status: number | null;
  readonly code: string | null;
  readonly requestId: string | null;
}

export interface UpstreamFaultOptions {
  readonly problem: LookupProblem;
  /** One sentence without secrets, host names or addresses. */
  readonly detail: string;
  readonly retry?: RetryAdvice;
  readonly upstream?: UpstreamAnswer | null;
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

/** A lookup that failed. Thrown for everything that keeps an upstream from answering about a task; says nothing about the task. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault';
  readonly problem: LookupProblem;
  readonly retry: RetryAdvice;
  readonly upstream: UpstreamAnswer | null;
  readonly retryAfterSeconds: number | null;
  readonly countsAsFailure: boolean | null;

  constructor(options: UpstreamFaultOptions) {
    const { problem, detail, retry = 'never', upstream = null, retryAfterSeconds = null } = options;
    super(detail);
    this.problem = problem;
    this.retry = retry;
    this.upstream = upstream;
    this.retryAfterSeconds = retryAfterSeconds;
    this.countsAsFailure = options.countsAsFailure === undefined ? FAILURES.has(problem) : options.countsAsFailure;
  }

  /** Whether the same question can be answered later: false for a 4xx that nothing mends, null where the problem says so. */
  get retryable(): boolean | null {
    const status = this.upstream?.status ?? 0;
    const refused = this.problem === 'upstream-error' && this.retry === 'never' && status >= 400 && status < 500;
    return refused ? false : null;
  }
}

/** The reason of a deadline around what an upstream is asked. */
export function upstreamTimeout(): UpstreamFault {
  return new UpstreamFault({ problem: 'upstream-timeout', detail: 'The upstream did not answer in time.' });
}
