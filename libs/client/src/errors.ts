import type { KnownProblemCode, Problem, Task } from './generated/index.js';
import { excerptOf, readJson, retryAfterOf } from './reply.js';

/** Statuses of proxies in between that are worth a retry. */
const TRANSIENT = [408, 429, 502, 503, 504];

/** Thrown when a lookup failed. Says nothing about the task. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  /**
   * `UNKNOWN` where the answer was no problem document: it did not come from the gateway. A newer gateway may have codes
   * that this client does not know.
   */
  readonly code: KnownProblemCode | 'UNKNOWN' | (string & {});
  /** Whether the same request can succeed later. */
  readonly retryable: boolean;
  /** Seconds to wait before that; null where nobody knows. */
  readonly retryAfterSeconds: number | null;

  constructor(
    { status, headers }: Pick<Response, 'status' | 'headers'>,
    /** The whole document (RFC 9457); null where there was none. */
    readonly problem: Problem | null,
    /** What was found instead of a document. */
    found = 'no problem document',
  ) {
    super(problem === null ? `HTTP status ${status}, ${found}` : `${problem.title}: ${problem.detail}`);
    this.status = status;
    this.code = problem?.code ?? 'UNKNOWN';
    this.retryable = problem?.retryable ?? TRANSIENT.includes(status);
    this.retryAfterSeconds = retryAfterOf(headers) ?? problem?.retryAfterSeconds ?? null;
  }

  /** Reads a reply whose status says that it is no answer. */
  static from(reply: Response, text: string): ProblemError {
    const problem = readJson(text) as Partial<Problem> | null | undefined;
    const isProblem = typeof problem?.code === 'string' && typeof problem.retryable === 'boolean';
    return new ProblemError(reply, isProblem ? (problem as Problem) : null, excerptOf(reply, text));
  }
}

/** Thrown when no whole answer arrived: no connection, one that broke, or silence for too long. `cause` says which. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/**
 * Thrown when what answered is no gateway, or the answer is not what was asked for: most likely `baseUrl` leads somewhere
 * else. Asking again does not help.
 */
export class UnexpectedReplyError extends Error {
  override readonly name = 'UnexpectedReplyError';

  constructor(
    /** What was asked, without its query. */
    readonly url: string,
    readonly status: number,
    /** What was found there, such as `text/html: <!doctype html>…`. */
    readonly found: string,
  ) {
    super(`${url} answered with status ${status}, ${found} (is baseUrl a gateway?)`);
  }
}

/** Thrown when `timeoutMs` is over before the task is done. Says nothing about the task: it goes on. */
export class WaitTimeoutError extends Error {
  // What the platform's own deadlines are called.
  override readonly name = 'TimeoutError';

  constructor(
    timeoutMs: number,
    /** The last known state; null where none was seen. */
    readonly task: Task | null,
  ) {
    super(`not done after ${timeoutMs} ms${task === null ? '' : `: ${task.status}`}`);
  }
}

/** Whether asking again can help. */
export function isTransient(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ProblemError && error.retryable);
}
