import { problemCode, PROBLEMS } from './problem-catalogue.js';
import type { Problem, ProblemOptions, Violation } from './problem.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

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
export function problemDocument({ slug, status, options }: Problem, context: ProblemContext): ProblemDocument {
  const { title, retryable } = PROBLEMS[slug];
  return {
    type: `${context.baseUrl}/problems/${slug}`,
    title,
    status,
    detail: options.detail,
    instance: context.instance,
    code: problemCode(slug),
    provider: options.provider ?? null,
    retryable: options.retryable ?? retryable,
    retryAfterSeconds: options.retryAfterSeconds ?? null,
    requestId: context.requestId,
    upstream: options.upstream ?? null,
    ...(options.errors === undefined ? {} : { errors: options.errors }),
  };
}

/** Headers that a problem needs besides its body. */
export function problemHeaders({ status, options }: Problem): Readonly<Record<string, string>> {
  return {
    'content-type': PROBLEM_MEDIA_TYPE,
    'cache-control': 'no-store',
    ...(typeof options.retryAfterSeconds === 'number' ? { 'retry-after': String(options.retryAfterSeconds) } : {}),
    ...(options.allow === undefined ? {} : { allow: options.allow.join(', ') }),
    ...(options.contentRange === undefined ? {} : { 'content-range': options.contentRange }),
    ...(status === 401 ? { 'www-authenticate': options.challenge ?? DEFAULT_CHALLENGE } : {}),
  };
}

/** Cloud tokens have no registered scheme; the name of the header that carries them says what is asked for. */
const DEFAULT_CHALLENGE = 'X-Auth-Token realm="task-gateway"';
