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
  /** Whether the breaker counts it as a failure of the upstream, null where it is no evidence; by default as the problem does. */
  readonly countsAsFailure?: boolean | null;
}

/** Problems that are failures of the upstream. An odd document or an error body is an answer. */
const FAILURES: ReadonlySet<LookupProblem> = new Set([
  'upstream-error',
  'upstream-unreachable',
  'upstream-timeout',
  'upstream-unavailable',
]);

/** Problems with `Retry-After` for callers: only 429 and 503 have one, whatever the upstream sends. */
const WAITS: ReadonlySet<LookupProblem> = new Set(['upstream-throttled', 'upstream-unavailable', 'gateway-busy']);

/** Seconds that callers wait where the upstream named none. */
const DEFAULT_WAIT_SECONDS = 5;

/**
 * A failed lookup, as a problem for its caller. Thrown for everything that keeps an upstream from answering about a task;
 * no evidence about the task.
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

/** The reason of a deadline around a request to an upstream. */
export function upstreamTimeout(provider?: string): UpstreamFailure {
  return new UpstreamFailure({ problem: 'upstream-timeout', detail: 'The upstream did not answer in time.', provider });
}

/** The answer in place of the upstream, while it is spared or cannot be waited for. */
export function unavailable(detail: string, retryAfterSeconds = 1): UpstreamFailure {
  return new UpstreamFailure({ problem: 'upstream-unavailable', detail, retryAfterSeconds });
}

/** How an exchange can end without a reply. */
export type TransportErrorKind =
  /** No connection: nothing was sent. */
  | 'unreachable'
  /** The connection broke after the request was sent. */
  | 'broken'
  /** Like `broken`, on a connection that had idled: the upstream most likely never saw the request. */
  | 'stale'
  /** The reply is no HTTP, or its headers are too large. */
  | 'malformed'
  | 'too-large'
  | 'bad-encoding';

const DETAILS: Readonly<Record<TransportErrorKind, string>> = {
  unreachable: 'No connection to the upstream could be made.',
  broken: 'The upstream broke the connection before its answer was complete.',
  stale: 'The upstream broke the connection before its answer was complete.',
  malformed: 'The upstream did not answer in HTTP, or with headers that are too large.',
  'too-large': 'The body of the upstream is larger than allowed.',
  'bad-encoding': 'The content encoding of the upstream is unknown or broken.',
};

const CONNECT_DETAILS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'The host name of the upstream could not be resolved.',
  EAI_AGAIN: 'The host name of the upstream could not be resolved.',
  ECONNREFUSED: 'The upstream refused the connection.',
  UND_ERR_CONNECT_TIMEOUT: 'The upstream did not accept the connection in time.',
  CERT_HAS_EXPIRED: 'The certificate of the upstream has expired.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate of the upstream is for another host.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate of the upstream is not trusted.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate of the upstream is not trusted.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate of the upstream is not trusted.',
};

/** This process is short of file descriptors, ports or memory for sockets: nothing of it is the upstream's. */
const OWN_SHORTAGE: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** What a failed exchange means; `safe` methods may be retried although the upstream may have seen them. */
export function failureOfTransport(kind: TransportErrorKind, code: string | null, safe: boolean): UpstreamFailure {
  if (kind === 'malformed' || kind === 'too-large' || kind === 'bad-encoding') {
    // A body over the limit is one document's matter.
    return new UpstreamFailure({
      problem: 'upstream-bad-response',
      detail: DETAILS[kind],
      countsAsFailure: kind !== 'too-large',
    });
  }
  if (code !== null && OWN_SHORTAGE.has(code)) {
    const detail = 'The gateway could not open another connection.';
    return new UpstreamFailure({ problem: 'gateway-busy', detail, retryAfterSeconds: 1 });
  }
  const detail = (code !== null && kind === 'unreachable' && CONNECT_DETAILS[code]) || DETAILS[kind];
  const retry = safe || kind === 'unreachable' ? 'backoff' : 'never';
  return new UpstreamFailure({ problem: 'upstream-unreachable', detail, retry });
}

/** Longest wait, in seconds, that an upstream can ask for. */
const MAX_SECONDS = 300;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const CLOCK = String.raw`(?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})`;
const MONTH = `(?<month>${MONTHS.join('|')})`;
const DAY_NAME = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY_NAME = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';

/** The three forms of an HTTP date, RFC 9110 section 5.6.7: IMF-fixdate, RFC 850, asctime. */
const DATE_FORMS: readonly RegExp[] = [
  new RegExp(`^${DAY_NAME}, (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${CLOCK} GMT$`),
  new RegExp(`^${LONG_DAY_NAME}, (?<day>\\d{2})-${MONTH}-(?<year>\\d{2}) ${CLOCK} GMT$`),
  new RegExp(`^${DAY_NAME} ${MONTH} (?<day>[ \\d]\\d) ${CLOCK} (?<year>\\d{4})$`),
];

/**
 * Reads `Retry-After` (RFC 9110 section 10.2.3): whole seconds from 1 to 300, rounded up; 1 for a date that has passed.
 * Null for anything else. `now` is in milliseconds since 1970.
 */
export function parseRetryAfter(value: string | null | undefined, now: number): number | null {
  const text = value?.trim() ?? '';
  // Fractions are not in the standard, but some proxies send them.
  if (/^\d+(?:\.\d{1,9})?$/.test(text)) return clamp(Number(text));
  const date = parseHttpDate(text, now);
  return date === null ? null : clamp((date - now) / 1000);
}

/** Whole seconds from 1 to 300 until a time in epoch seconds; null for anything else. `now` is in milliseconds since 1970. */
export function secondsUntil(epochSeconds: string | null, now: number): number | null {
  return /^\d{9,11}$/.test(epochSeconds ?? '') ? clamp(Number(epochSeconds) - now / 1000) : null;
}

function clamp(seconds: number): number {
  return Math.min(MAX_SECONDS, Math.max(1, Math.ceil(seconds)));
}

// `Date.parse` reads far more than HTTP dates, and much of it as local time.
function parseHttpDate(text: string, now: number): number | null {
  const fields = DATE_FORMS.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (fields === undefined) return null;
  const field = (name: string): number => Number(fields[name]);
  const [hour, minute, second] = [field('hour'), field('minute'), field('second')];
  const year = fullYear(fields['year'] ?? '', now);
  // `Date.UTC` reads the years 0 to 99 as 1900 to 1999.
  const midnight = new Date(0).setUTCFullYear(year, MONTHS.indexOf(fields['month'] ?? ''), field('day'));
  const isDay = new Date(midnight).getUTCDate() === field('day');
  if (!isDay || hour > 23 || minute > 59 || second > 60) return null;
  return midnight + ((hour * 60 + minute) * 60 + second) * 1000;
}

/** Two digits are the year closest to this one: RFC 9110 takes what seems more than 50 years ahead as past. */
function fullYear(digits: string, now: number): number {
  if (digits.length > 2) return Number(digits);
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(digits);
  if (year > thisYear + 50) return year - 100;
  return year < thisYear - 49 ? year + 100 : year;
}
