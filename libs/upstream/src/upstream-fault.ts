import type { LookupProblem, Repeat } from '@gateway/tasks';

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
  readonly repeat?: Repeat;
  readonly upstream?: UpstreamAnswer | null;
  /** Whole seconds, as the upstream asked, clamped to 1..300. */
  readonly retryAfterSeconds?: number | null;
}

/** A lookup that failed. Thrown for everything that keeps an upstream from answering about a task; says nothing about the task. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault';
  readonly problem: LookupProblem;
  readonly repeat: Repeat;
  readonly upstream: UpstreamAnswer | null;
  readonly retryAfterSeconds: number | null;

  constructor({ problem, detail, repeat = 'never', upstream = null, retryAfterSeconds = null }: UpstreamFaultOptions) {
    super(detail);
    this.problem = problem;
    this.repeat = repeat;
    this.upstream = upstream;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
