/** Slugs of the problems that asking an upstream can end in; the gateway's problem catalogue words each. */
export const LOOKUP_PROBLEMS = [
  'validation-failed',
  'permission-denied',
  'account-restricted',
  'task-not-found',
  'scope-not-found',
  'upstream-throttled',
  'upstream-credentials-rejected',
  'upstream-misconfigured',
  'upstream-error',
  'upstream-bad-response',
  'upstream-unreachable',
  'upstream-timeout',
  'upstream-unavailable',
  'gateway-busy',
] as const;
export type LookupProblem = (typeof LOOKUP_PROBLEMS)[number];

/**
 * Whether asking again can help: `never`; `once` after an internal error; `backoff` while the upstream is unavailable;
 * `new-token` once, after logging in again.
 */
export const RETRY_ADVICE = ['never', 'once', 'backoff', 'new-token'] as const;
export type RetryAdvice = (typeof RETRY_ADVICE)[number];

/** Stands for the code in a rule about replies that have none: their HTTP status decides, and their message. */
export const NO_CODE = '';

/** One entry of the error atlas: what an upstream's code means here. The first rule that matches wins. */
export interface ErrorRule {
  /** The code itself in any case, a pattern for a family of codes, or {@link NO_CODE}. */
  readonly code: string | RegExp;
  /** HTTP statuses that the code was documented or seen with. They take part in matching only where there is no code. */
  readonly http: readonly number[];
  /** Narrows the rule to these HTTP statuses. */
  readonly onlyHttp?: boolean;
  /** Narrows the rule to messages that match. */
  readonly message?: RegExp;
  readonly problem: LookupProblem;
  readonly retry: RetryAdvice;
  /** One plain sentence: what happened. */
  readonly cause: string;
  /** One plain sentence: what the reader can do, where the problem catalogue does not say it. */
  readonly remedy?: string;
  /** Seconds, 1 to 300, after which the documentation allows another request, where the reply names none. */
  readonly waitSeconds?: number;
}

/**
 * A line of an error table: a code, a pattern, or several codes with blanks between; its HTTP status or statuses; what it
 * means here; why; and what is special about it.
 */
export type ErrorRow = readonly [
  code: string | RegExp,
  http: number | readonly number[],
  problem: LookupProblem,
  cause: string,
  special?: Partial<Pick<ErrorRule, 'onlyHttp' | 'message' | 'retry' | 'remedy' | 'waitSeconds'>>,
];

/** What asking again does about a problem, unless a row says otherwise. */
const RETRIES: Partial<Record<LookupProblem, RetryAdvice>> = {
  'upstream-error': 'once',
  'upstream-timeout': 'once',
  'upstream-unavailable': 'backoff',
};

/** The rules that rows stand for, one for each code. */
export function errorRules(rows: readonly ErrorRow[]): readonly ErrorRule[] {
  return rows.flatMap(([codes, http, problem, cause, special]) =>
    (typeof codes === 'string' ? codes.split(' ') : [codes]).map((code) => ({
      code: typeof code === 'string' ? code : new RegExp(code, 'i'),
      http: typeof http === 'number' ? [http] : http,
      problem,
      retry: RETRIES[problem] ?? 'never',
      cause,
      ...special,
    })),
  );
}
