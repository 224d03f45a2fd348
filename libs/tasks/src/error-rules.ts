import type { ErrorRule } from './provider.js';

type Meaning = Pick<ErrorRule, 'problem' | 'retry' | 'remedy'>;
type Row = readonly [
  code: ErrorRule['code'] | readonly string[],
  http: ErrorRule['http'],
  cause: string,
  narrowing?: Pick<ErrorRule, 'onlyHttp' | 'message'>,
];

/**
 * Rows of an error atlas that share what they mean here and what helps: the code, or several of one cause, its HTTP
 * statuses, and the cause.
 */
export function errorRules(meaning: Meaning, rows: readonly Row[]): readonly ErrorRule[] {
  return rows.flatMap(([codes, http, cause, narrowing]) =>
    (typeof codes === 'string' || codes instanceof RegExp ? [codes] : codes).map((code) => ({
      code,
      http,
      cause,
      ...meaning,
      ...narrowing,
    })),
  );
}
