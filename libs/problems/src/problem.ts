import { problemCode, PROBLEMS } from './problem-catalogue.js';
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
  /** `Content-Range` of a 416: the length of the whole file. */
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

/** Whether the same request can succeed later. */
export function isRetryable({ slug, options }: Problem): boolean {
  return options.retryable ?? PROBLEMS[slug].retryable;
}

/** The request is wrong; `violations` lists everything at once. */
export function validationFailed(violations: readonly Violation[], provider: string | null = null): Problem {
  const detail =
    violations.length === 1 ? (violations[0]?.detail ?? '') : `${violations.length} violations, see errors`;
  return new Problem('validation-failed', { detail, provider, errors: violations });
}

/** RFC 9457 with the gateway's extensions. */
export interface ProblemDocument {
  /** Absolute URL of the catalogue's page. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** `urn:uuid:` of the request. */
  readonly instance: string;
  readonly code: string;
  readonly provider: string | null;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | null;
  readonly requestId: string;
  readonly upstream: NonNullable<ProblemOptions['upstream']> | null;
  readonly errors?: readonly Violation[];
}

/** Identifies the request that a problem belongs to. */
export interface ProblemContext {
  /** Origin below which `/problems` is served. */
  readonly baseUrl: string;
  readonly requestId: string;
  readonly instance: string;
}

/** Words a problem for its reader. */
export function problemDocument(problem: Problem, context: ProblemContext): ProblemDocument {
  const { slug, status, options } = problem;
  return {
    type: `${context.baseUrl}/problems/${slug}`,
    title: PROBLEMS[slug].title,
    status,
    detail: options.detail,
    instance: context.instance,
    code: problemCode(slug),
    provider: options.provider ?? null,
    retryable: isRetryable(problem),
    retryAfterSeconds: options.retryAfterSeconds ?? null,
    requestId: context.requestId,
    upstream: options.upstream ?? null,
    ...(options.errors === undefined ? {} : { errors: options.errors }),
  };
}

/** Headers that a problem needs besides its body. */
export function problemHeaders({ status, options }: Problem): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(typeof options.retryAfterSeconds === 'number' ? { 'retry-after': String(options.retryAfterSeconds) } : {}),
    ...(options.allow === undefined ? {} : { allow: options.allow.join(', ') }),
    ...(options.contentRange === undefined ? {} : { 'content-range': options.contentRange }),
    ...(status === 401 ? { 'www-authenticate': options.challenge ?? DEFAULT_CHALLENGE } : {}),
  };
}

/** Cloud tokens have no registered scheme; the scheme is the name of the header that carries them. */
const DEFAULT_CHALLENGE = 'X-Auth-Token realm="task-gateway"';
