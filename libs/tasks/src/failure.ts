import { wordedFailure } from './failure-words.js';
import { redactTextOrNull } from './redact.js';
import type { FailureCode, TaskError } from './task.js';

/** Codes of failed tasks and what they say. */
export interface FailureTable {
  /** Codes that are believed rather than their text. */
  readonly codes?: Readonly<Record<string, FailureCode>>;
  /** Families of codes, believed where the text has no known wording. */
  readonly families?: readonly (readonly [RegExp, FailureCode])[];
}

/**
 * Words a failure in the shared vocabulary: by the provider's own table of codes first, by its text where the code
 * is not listed, then by the family of the code; `UNKNOWN` where none of them tells.
 */
export function taskError(
  upstreamCode: string | null,
  text: string | null,
  { codes = {}, families = [] }: FailureTable = {},
): TaskError {
  const code = upstreamCode ?? '';
  const listed = Object.hasOwn(codes, code) ? codes[code] : undefined;
  const worded = text === null ? undefined : wordedFailure(text);
  const related = families.find(([family]) => family.test(code))?.[1];
  return {
    code: listed ?? worded ?? related ?? 'UNKNOWN',
    detail: redactTextOrNull(text),
    upstream: { code: redactTextOrNull(upstreamCode) },
  };
}
