import { PROBLEMS } from './problem-catalogue.js';
import type { ProblemSlug } from './problem-catalogue.js';

/** One thing wrong with a request: in its body (`pointer`, RFC 6901), a path or query parameter, or a header. */
export interface Violation {
  readonly detail: string;
  readonly pointer?: string;
  readonly parameter?: string;
  readonly header?: string;
}

export interface ProblemOptions {
  readonly detail: string;
  /** 401 instead of 502, where the caller's own token was refused. Every other problem has one status. */
  readonly status?: number;
  readonly provider?: string | null;
  readonly retryAfterSeconds?: number | null;
  /** Whether the same request can succeed later, where that differs from the problem's own. */
  readonly retryable?: boolean;
  readonly upstream?: {
    readonly status: number | null;
    readonly code: string | null;
    readonly requestId: string | null;
  } | null;
  readonly errors?: readonly Violation[];
  readonly allow?: readonly string[];
  /** `Content-Range` of a 416: the length of what a part was asked of. */
  readonly contentRange?: string;
  /** Challenge for WWW-Authenticate. */
  readonly challenge?: string;
}

/** Thrown wherever a request cannot be answered; the one writer turns it into a problem document. */
export class Problem extends Error {
  override readonly name: string = 'Problem';
  readonly status: number;

  constructor(
    readonly slug: ProblemSlug,
    readonly options: ProblemOptions,
  ) {
    super(options.detail);
    this.status = options.status ?? PROBLEMS[slug].status;
  }
}

/** The request is wrong; `violations` lists everything at once. */
export function validationFailed(violations: readonly Violation[], provider: string | null = null): Problem {
  const detail =
    violations.length === 1 ? (violations[0]?.detail ?? '') : `${violations.length} violations, see errors`;
  return new Problem('validation-failed', { detail, provider, errors: violations });
}
