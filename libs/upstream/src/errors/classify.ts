import { Logger } from '@nestjs/common';
import { asText, redactText, redactTextOrNull } from '@gateway/tasks';
import { NO_CODE } from '@gateway/tasks';
import type { ErrorRule, LookupProblem, RateLimitHeaders, RetryAdvice } from '@gateway/tasks';
import { UNMAPPED_WORDS } from '../channels.js';
import type { UnmappedWordMessage } from '../channels.js';
import { COMMON_ERRORS, FRONT_CODE, FRONT_ERRORS, IAM_ERRORS } from './shared-errors.js';
import { readErrorBody } from './error-body.js';
import type { ReceivedBody, UpstreamHeaders } from './error-body.js';
import { parseRetryAfter, secondsUntil, UpstreamFailure } from './upstream-failure.js';
import type { UpstreamFailureOptions } from './upstream-failure.js';

/** An answer of an upstream, whole. */
export interface UpstreamReply extends ReceivedBody {
  readonly status: number;
  readonly headers: UpstreamHeaders;
}

/** What an error body means here. */
export interface Verdict {
  readonly problem: LookupProblem;
  readonly retry: RetryAdvice;
  /** The row that decided; null where only the HTTP status did. */
  readonly rule: ErrorRule | null;
  readonly code: string | null;
  /** Without secrets; null where the upstream sent nothing that a caller may read. */
  readonly message: string | null;
  readonly requestId: string | null;
  /** False when the upstream sent a code that no table holds. */
  readonly known: boolean;
}

/** Behind every provider's own table. */
const SHARED_ERRORS = [...FRONT_ERRORS, ...COMMON_ERRORS];

type Outcome = Pick<Verdict, 'problem' | 'retry'>;

/**
 * Classifies an error body: by the provider's codes, then by those of the clouds' front and of the compute family, then by
 * HTTP status alone.
 * A 2xx body is brought here only if it `isErrorBody`.
 * @param missingIs404 as the provider declares it
 * @param rateLimit as the provider declares it
 */
export function classify(
  reply: UpstreamReply,
  rules: readonly ErrorRule[],
  missingIs404 = false,
  rateLimit?: RateLimitHeaders,
): Verdict {
  const found = readErrorBody(reply, reply.headers);
  const code = found?.code ?? null;
  const message = found?.message ?? null;
  const fitting = (rule: ErrorRule): boolean => fits(rule, code, reply.status, message ?? '');
  const isLimited = rateLimit !== undefined && (isExhausted(reply, rateLimit) || isPutOff(reply));
  const rule = isLimited ? null : (rules.find(fitting) ?? SHARED_ERRORS.find(fitting) ?? null);
  const { problem, retry } = isLimited
    ? THROTTLED
    : (rule ?? byStatus(reply.status, missingIs404 && isServiceCode(code)));
  return {
    problem,
    retry,
    rule,
    code,
    message: redactTextOrNull(message),
    requestId: found?.requestId ?? null,
    known: code === null || rule !== null || isLimited,
  };
}

const THROTTLED: Outcome = { problem: 'upstream-throttled', retry: 'never' };

/** Whether no request is left: an error is then about that, though it may be worded as one of permission. */
function isExhausted({ status, headers }: UpstreamReply, { remaining }: RateLimitHeaders): boolean {
  return (status === 403 || status === 429) && asText(headers[remaining]) === '0';
}

/** Whether a 403 names a time to come again: no permission would have changed by then. */
function isPutOff({ status, headers }: UpstreamReply): boolean {
  return status === 403 && parseRetryAfter(asText(headers['retry-after']), Date.now()) !== null;
}

/** Problems that would blame a caller who did not log in, and what they are when the gateway did. */
const LOGIN_PROBLEMS: Partial<Record<LookupProblem, LookupProblem>> = {
  'validation-failed': 'upstream-misconfigured',
  'task-not-found': 'upstream-misconfigured',
  'scope-not-found': 'upstream-misconfigured',
  'permission-denied': 'upstream-credentials-rejected',
};

/** {@link classify} for a login of the gateway itself: never the caller's fault, never cured by logging in again. */
export function classifyLogin(reply: UpstreamReply): Verdict {
  const verdict = classify(reply, IAM_ERRORS);
  return {
    ...verdict,
    problem: LOGIN_PROBLEMS[verdict.problem] ?? verdict.problem,
    retry: verdict.retry === 'new-token' ? 'never' : verdict.retry,
  };
}

/**
 * The failure that a reply stands for, as its verdict says.
 * @param rateLimit as the provider declares it
 */
export function failureOfReply(
  reply: UpstreamReply,
  { problem, retry, rule, code, requestId }: Verdict,
  more: Pick<UpstreamFailureOptions, 'detail' | 'ownToken' | 'countsAsFailure'>,
  rateLimit?: RateLimitHeaders,
): UpstreamFailure {
  const now = Date.now();
  const asked = parseRetryAfter(asText(reply.headers['retry-after']), now);
  // Every reply tells when the limit begins anew; it matters where nothing is left of it.
  const isOver = rateLimit !== undefined && isExhausted(reply, rateLimit);
  const untilReset = isOver ? secondsUntil(asText(reply.headers[rateLimit.reset]), now) : null;
  return new UpstreamFailure({
    problem,
    retry,
    upstream: { status: reply.status, code, requestId },
    retryAfterSeconds: asked ?? untilReset ?? rule?.waitSeconds ?? null,
    ...more,
  });
}

function fits(rule: ErrorRule, code: string | null, status: number, message: string): boolean {
  // In any case: what most services write as Common.0011 is common.0011 to one, and IAM.0004 Iam.0004 to the identity service.
  const isCode =
    typeof rule.code === 'string'
      ? rule.code.toLowerCase() === (code ?? NO_CODE).toLowerCase()
      : code !== null && rule.code.test(code);
  const needsStatus = rule.onlyHttp === true || rule.code === NO_CODE;
  return isCode && (!needsStatus || rule.http.includes(status)) && (rule.message?.test(message) ?? true);
}

/**
 * What statuses mean without a code. The gateway built the request: any other, as a 400, is an error of the upstream's
 * that is final, and not the caller's fault.
 */
const STATUSES: readonly (readonly [statuses: readonly number[], problem: LookupProblem, retry: RetryAdvice])[] = [
  [[401], 'upstream-credentials-rejected', 'never'],
  [[402, 403], 'permission-denied', 'never'],
  [[404, 405, 406, 407, 410, 415, 421, 501], 'upstream-misconfigured', 'never'],
  [[408, 504], 'upstream-timeout', 'once'],
  [[429], 'upstream-throttled', 'never'],
  [[500], 'upstream-error', 'once'],
  [[502, 503], 'upstream-unavailable', 'backoff'],
];

function byStatus(status: number, mayMissTask: boolean): Outcome {
  // Only the service itself knows its tasks; a front, a proxy or a web server says 404 when the address is wrong.
  if (mayMissTask && (status === 404 || status === 410)) return { problem: 'task-not-found', retry: 'never' };
  if (status >= 300 && status < 400) return { problem: 'upstream-misconfigured', retry: 'never' };
  const row = STATUSES.find(([statuses]) => statuses.includes(status));
  return row === undefined ? { problem: 'upstream-error', retry: 'never' } : { problem: row[1], retry: row[2] };
}

/** Whether a code comes from the service: not from the front, and not merely the HTTP status once more. */
function isServiceCode(code: string | null): boolean {
  return code !== null && !FRONT_CODE.test(code) && !/^[1-5]\d\d$/.test(code);
}

type WordKind = 'status word' | 'error code';

const MAX_WORDS = 200;

/** Counts words that no table knows, and warns about each once: they are the first sign that an upstream has changed. */
export class UnmappedWords {
  private readonly logger = new Logger('Upstream');
  private readonly counts = new Map<string, { provider: string; kind: WordKind; word: string; count: number }>();

  note(provider: string, kind: WordKind, raw: string): void {
    if (UNMAPPED_WORDS.hasSubscribers) UNMAPPED_WORDS.publish({ provider, kind } satisfies UnmappedWordMessage);
    const word = redactText(raw).slice(0, 64);
    const key = JSON.stringify([provider, kind, word]);
    const seen = this.counts.get(key);
    if (seen !== undefined) {
      seen.count += 1;
    } else if (this.counts.size < MAX_WORDS) {
      this.counts.set(key, { provider, kind, word, count: 1 });
      this.logger.warn(`${provider} sent a ${kind} that no table knows: ${JSON.stringify(word)}`);
    }
  }

  /** Words of one kind, with how often each was seen since the start. */
  of(provider: string, kind: WordKind): Readonly<Record<string, number>> {
    const entries = [...this.counts.values()].filter((entry) => entry.provider === provider && entry.kind === kind);
    return Object.fromEntries(entries.map(({ word, count }) => [word, count]));
  }
}
