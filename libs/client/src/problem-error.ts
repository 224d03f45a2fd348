import { contentTypeOf, foundIn, readJson } from './found.js';
import type { KnownProblemCode, Problem } from './generated/index.js';

/** Statuses of proxies in between that pass by themselves. */
const PASSING = [408, 429, 502, 503, 504];

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
    this.retryable = problem?.retryable ?? PASSING.includes(status);
    this.retryAfterSeconds = retryAfterOf(headers) ?? problem?.retryAfterSeconds ?? null;
  }

  /** Reads a reply whose status says that it is no answer. */
  static from(reply: Response, text: string): ProblemError {
    const problem = contentTypeOf(reply) === 'application/problem+json' ? readProblem(text) : null;
    return new ProblemError(reply, problem, foundIn(reply, text));
  }
}

function readProblem(text: string): Problem | null {
  const problem = readJson(text) as Partial<Problem> | null | undefined;
  return typeof problem?.code === 'string' && typeof problem.retryable === 'boolean' ? (problem as Problem) : null;
}

/** Thrown when no whole answer arrived: no connection, one that broke, or silence for too long. `cause` says which. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** Seconds that `Retry-After` (RFC 9110) asks for, from its number or its date; null where it is missing or neither. */
export function retryAfterOf(headers: Headers): number | null {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value);
  const seconds = (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, Math.ceil(seconds));
}
