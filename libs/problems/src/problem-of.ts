import { HttpException } from '@nestjs/common';
import { Problem, validationFailed } from './problem.js';
import type { ProblemSlug } from './problem-catalogue.js';

/** Errors of the HTTP framework by their code, or else by their status. */
const FRAMEWORK_CODES: Readonly<Record<string, ProblemSlug>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_MAX_PARAM_LENGTH: 'uri-too-long',
  FST_ERR_BAD_URL: 'validation-failed',
  FST_ERR_ROUTE_REWRITE_NOT_STR: 'internal-error',
};
const FRAMEWORK_STATUSES: Readonly<Record<number, ProblemSlug>> = {
  400: 'validation-failed',
  // Only of static files: a path that leaves their folder.
  403: 'route-not-found',
  404: 'route-not-found',
  405: 'method-not-allowed',
  408: 'request-timeout',
  412: 'precondition-failed',
  413: 'body-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  416: 'range-not-satisfiable',
};

/** The problem in anything thrown. What is nobody's fault but ours becomes `internal-error`, without detail. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  // Nest wraps what the framework throws; the code is inside.
  const error = thrown instanceof HttpException && thrown.cause instanceof Error ? thrown.cause : thrown;
  const slug = frameworkSlug(error);
  if (slug === 'validation-failed') return validationFailed([violationOf(error)]);
  return new Problem(slug ?? 'internal-error', {
    detail: DETAILS[slug ?? 'internal-error'] ?? 'The request was not answered.',
    ...contentRangeOf(error),
  });
}

/** Errors of file servers hold the length of the file. */
function contentRangeOf(error: unknown): { readonly contentRange?: string } {
  const { headers } = (error ?? {}) as { readonly headers?: Readonly<Record<string, unknown>> };
  const contentRange = headers?.['Content-Range'];
  return typeof contentRange === 'string' ? { contentRange } : {};
}

const DETAILS: Readonly<Partial<Record<ProblemSlug, string>>> = {
  'internal-error': 'The gateway failed. The cause is in its log below this requestId.',
  'route-not-found': 'Nothing is served at this path.',
  'body-too-large': 'The body is larger than 65536 bytes.',
  'uri-too-long': 'The URL is longer than 8192 bytes.',
  'unsupported-media-type': 'Only application/json is read.',
  'request-timeout': 'The request did not arrive in time.',
  'precondition-failed': 'The file is not what If-Match or If-Unmodified-Since expects.',
  'range-not-satisfiable': 'The file has no such part.',
};

function frameworkSlug(error: unknown): ProblemSlug | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (typeof code === 'string' && Object.hasOwn(FRAMEWORK_CODES, code)) return FRAMEWORK_CODES[code];
  const status = error instanceof HttpException ? error.getStatus() : Number(statusCode);
  // Any other 4xx is the caller's fault and no bug of ours.
  return FRAMEWORK_STATUSES[status] ?? (status >= 400 && status < 500 ? 'validation-failed' : undefined);
}

function violationOf(error: unknown) {
  const { code, message } = error as { code?: unknown; message: string };
  if (code === 'FST_ERR_BAD_URL') return { detail: 'The path is not valid percent-encoded UTF-8.', parameter: 'path' };
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return { detail: 'The body is empty.', pointer: '' };
  if (error instanceof SyntaxError || /json/i.test(message))
    return { detail: 'The body is not valid JSON.', pointer: '' };
  return { detail: 'The request is malformed.', parameter: 'request' };
}
