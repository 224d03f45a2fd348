/** One kind of failed lookup. The catalogue is served below `/problems`, where the `type` of every problem resolves. */
export interface ProblemType {
  readonly status: number;
  readonly title: string;
  /** What happened. */
  readonly meaning: string;
  /** What the caller can do. */
  readonly remedy: string;
  /** Whether the same request can succeed later without a change; a single problem can know better. */
  readonly retryable: boolean;
}

/** Every problem of the gateway by its slug (RFC 9457). Slugs and codes are stable; titles and texts may be reworded. */
export const PROBLEMS = {
  'validation-failed': {
    status: 400,
    title: 'Request not valid',
    meaning: 'The request is malformed, or an upstream refused its parameters. `errors` lists every violation.',
    remedy: 'Correct what `errors` names, or else check the ids, and send the request again.',
    retryable: false,
  },
  unauthenticated: {
    status: 401,
    title: 'Credentials missing',
    meaning: 'The gateway does not know the caller.',
    remedy: 'Send the credentials that WWW-Authenticate asks for.',
    retryable: false,
  },
  'permission-denied': {
    status: 403,
    title: 'Permission denied',
    meaning: 'The credentials are good, but they do not allow reading this task.',
    remedy: 'Ask for the permission to read tasks of this service in this project.',
    retryable: false,
  },
  'account-restricted': {
    status: 403,
    title: 'Account restricted',
    meaning: 'The cloud account is in arrears, frozen, not verified, or has used up its quota.',
    remedy: 'Settle the matter with the cloud; waiting does not help.',
    retryable: false,
  },
  'provider-not-found': {
    status: 404,
    title: 'Provider not found',
    meaning: 'The gateway serves no provider of this name.',
    remedy: 'Choose one that GET /providers lists.',
    retryable: false,
  },
  'task-not-found': {
    status: 404,
    title: 'Task not found',
    meaning:
      'The upstream knows no task of this id in this scope: it never existed, was deleted, or its record has expired.',
    remedy: 'Check id, region, project and instance; a task just created may take some seconds to appear.',
    retryable: false,
  },
  'scope-not-found': {
    status: 404,
    title: 'Scope not found',
    meaning:
      'The project or instance that the task should belong to does not exist, or is not shown to these credentials.',
    remedy: 'Check instanceId, projectId and region.',
    retryable: false,
  },
  'artifact-not-found': {
    status: 404,
    title: 'Artifact not found',
    meaning: 'The task exists, and there is no file of it to download.',
    remedy: 'Wait until the task has succeeded; only some task types make a file.',
    retryable: false,
  },
  'route-not-found': {
    status: 404,
    title: 'Route not found',
    meaning: 'The gateway has nothing at this path.',
    remedy: 'See /openapi.json for every path.',
    retryable: false,
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path exists, but not with this method.',
    remedy: 'Use a method that Allow names.',
    retryable: false,
  },
  'request-timeout': {
    status: 408,
    title: 'Request timeout',
    meaning: 'The request did not arrive in the time that the gateway has for it.',
    remedy: 'Send it again, all at once.',
    retryable: true,
  },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    meaning: 'If-Match or If-Unmodified-Since does not hold: it is not, or is no longer, what the request expects.',
    remedy: 'Get it anew, or ask without these headers.',
    retryable: false,
  },
  'body-too-large': {
    status: 413,
    title: 'Body too large',
    meaning: 'The request body is larger than 64 KiB.',
    remedy: 'Split the batch.',
    retryable: false,
  },
  'answer-too-large': {
    status: 413,
    title: 'Answer too large',
    meaning: 'The batch has no room left for this task: all its tasks together are larger than one answer may be.',
    remedy: 'Ask with "view": "basic", for fewer tasks at once, or for the task itself.',
    retryable: false,
  },
  'uri-too-long': {
    status: 414,
    title: 'URL too long',
    meaning: 'The request URL is longer than 8 KiB.',
    remedy: 'Shorten it.',
    retryable: false,
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Media type not supported',
    meaning: 'The body is not sent as application/json.',
    remedy: 'Send JSON with Content-Type: application/json.',
    retryable: false,
  },
  'range-not-satisfiable': {
    status: 416,
    title: 'Range not satisfiable',
    meaning: 'Range names no part of the file; Content-Range tells how long it is.',
    remedy: 'Ask for a part that exists, or for the whole without Range.',
    retryable: false,
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    meaning:
      "The caller's own limit is reached: of requests or open streams here, or of the cloud that was asked with the caller's own token.",
    remedy:
      'Wait as long as Retry-After says; RateLimit tells what is left before it is used up. One stream follows up to 100 tasks: close those that you do not read.',
    retryable: true,
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    meaning: 'A bug in the gateway.',
    remedy: 'Report it with the requestId.',
    retryable: false,
  },
  'upstream-credentials-rejected': {
    status: 502,
    title: 'Credentials rejected by the upstream',
    meaning: "401: the caller's own token was refused. 502: the gateway's credentials were.",
    remedy: "401: get a new token. 502: the gateway's operator has to renew its credentials.",
    retryable: false,
  },
  'upstream-misconfigured': {
    status: 502,
    title: 'Upstream misconfigured',
    meaning: 'The address, region or project does not exist at the cloud. Nothing is known about the task.',
    remedy: "Check region and projectId; the gateway's operator has to check the configured endpoint.",
    retryable: false,
  },
  'upstream-error': {
    status: 502,
    title: 'Upstream error',
    meaning: 'The upstream failed inside, or refused the question for a reason that has no name here.',
    remedy: 'Try again later, unless `retryable` is false; report the requestId if it lasts.',
    retryable: true,
  },
  'upstream-bad-response': {
    status: 502,
    title: 'Upstream answer not usable',
    meaning: 'The answer was not JSON, too large, about another task, or in no known form.',
    remedy: 'Try again later; report it if it lasts.',
    retryable: true,
  },
  'upstream-unreachable': {
    status: 502,
    title: 'Upstream unreachable',
    meaning: 'No connection to the upstream: name resolution, connecting or TLS failed, or the connection broke.',
    remedy: 'Try again later.',
    retryable: true,
  },
  'upstream-throttled': {
    status: 503,
    title: 'Upstream throttles the gateway',
    meaning: "The cloud limits the gateway's credentials.",
    remedy: 'Wait as long as Retry-After says.',
    retryable: true,
  },
  'upstream-unavailable': {
    status: 503,
    title: 'Upstream unavailable',
    meaning: 'The upstream says so, or the gateway spares it for a moment after many failures.',
    remedy: 'Wait as long as Retry-After says.',
    retryable: true,
  },
  'gateway-busy': {
    status: 503,
    title: 'Gateway busy',
    meaning:
      'This process of the gateway is short of something itself, comes late with all that it has to do, has as many streams open as it may, or is being stopped; the upstream was not asked.',
    remedy: 'Wait as long as Retry-After says. Where no stream can be had, send Prefer: wait, or poll.',
    retryable: true,
  },
  'upstream-timeout': {
    status: 504,
    title: 'Upstream timeout',
    meaning: 'The upstream did not answer in time.',
    remedy: 'Try again later.',
    retryable: true,
  },
  'not-in-cache': {
    status: 504,
    title: 'Not in the cache',
    meaning: 'The request said only-if-cached, and nothing usable is stored.',
    remedy: 'Ask again without only-if-cached.',
    retryable: false,
  },
} as const satisfies Readonly<Record<string, ProblemType>>;

export type ProblemSlug = keyof typeof PROBLEMS;

export const PROBLEM_SLUGS = Object.keys(PROBLEMS) as readonly ProblemSlug[];

/** The stable machine name of a problem: `task-not-found` is `TASK_NOT_FOUND`. */
export function problemCode(slug: ProblemSlug): string {
  return slug.toUpperCase().replaceAll('-', '_');
}

/** Own slugs only: `constructor` is none. */
export function isProblemSlug(slug: string): slug is ProblemSlug {
  return Object.hasOwn(PROBLEMS, slug);
}
