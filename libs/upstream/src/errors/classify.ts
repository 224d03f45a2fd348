import { redactTextOrNull } from '@gateway/tasks';
import type { ErrorRule, LookupProblem, RetryAdvice } from '@gateway/tasks';
import { COMMON_ERRORS, FRONT_CODE, FRONT_ERRORS, IAM_ERRORS } from './shared-errors.js';
import { readErrorBody } from './error-body.js';
import type { ReceivedBody, UpstreamHeaders } from './error-body.js';

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
 */
export function classify(reply: UpstreamReply, rules: readonly ErrorRule[], missingIs404 = false): Verdict {
  const found = readErrorBody(reply, reply.headers);
  const code = found?.code ?? null;
  const message = found?.message ?? null;
  const rule = findRule([...rules, ...SHARED_ERRORS], code, reply.status, message);
  const { problem, retry } = rule ?? byStatus(reply.status, missingIs404 && isServiceCode(code));
  return {
    problem,
    retry,
    rule,
    code,
    message: redactTextOrNull(message),
    requestId: found?.requestId ?? null,
    known: code === null || rule !== null,
  };
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

function findRule(
  rules: readonly ErrorRule[],
  code: string | null,
  status: number,
  message: string | null,
): ErrorRule | null {
  if (code === null) return null;
  return (
    rules.find(
      (rule) =>
        (typeof rule.code === 'string' ? rule.code === code : rule.code.test(code)) &&
        (rule.onlyHttp !== true || rule.http.includes(status)) &&
        (rule.message?.test(message ?? '') ?? true),
    ) ?? null
  );
}

/** Statuses that mean something without a code. */
const STATUSES: Readonly<Record<number, Outcome>> = {
  // The gateway built the request, so that a refusal without a reason is not the caller's fault.
  400: { problem: 'upstream-error', retry: 'never' },
  401: { problem: 'upstream-credentials-rejected', retry: 'never' },
  402: { problem: 'permission-denied', retry: 'never' },
  403: { problem: 'permission-denied', retry: 'never' },
  405: { problem: 'upstream-misconfigured', retry: 'never' },
  406: { problem: 'upstream-misconfigured', retry: 'never' },
  407: { problem: 'upstream-misconfigured', retry: 'never' },
  408: { problem: 'upstream-timeout', retry: 'once' },
  415: { problem: 'upstream-misconfigured', retry: 'never' },
  421: { problem: 'upstream-misconfigured', retry: 'never' },
  429: { problem: 'upstream-throttled', retry: 'never' },
  500: { problem: 'upstream-error', retry: 'once' },
  501: { problem: 'upstream-misconfigured', retry: 'never' },
  502: { problem: 'upstream-unavailable', retry: 'backoff' },
  503: { problem: 'upstream-unavailable', retry: 'backoff' },
  504: { problem: 'upstream-timeout', retry: 'once' },
};

function byStatus(status: number, mayMissTask: boolean): Outcome {
  if (status === 404 || status === 410) {
    // Only the service itself knows its tasks; a front, a proxy or a web server says 404 when the address is wrong.
    return { problem: mayMissTask ? 'task-not-found' : 'upstream-misconfigured', retry: 'never' };
  }
  if (status >= 300 && status < 400) return { problem: 'upstream-misconfigured', retry: 'never' };
  return STATUSES[status] ?? { problem: 'upstream-error', retry: 'never' };
}

/** Whether a code comes from the service: not from the front, and not merely the HTTP status once more. */
function isServiceCode(code: string | null): boolean {
  return code !== null && !FRONT_CODE.test(code) && !/^[1-5]\d\d$/.test(code);
}
