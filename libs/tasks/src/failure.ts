import { redactTextOrNull } from './redact.js';
import type { FailureCode, TaskError } from './task.js';

/** Words of failure texts, most telling first; the order decides where several match. */
const WORDS: readonly (readonly [RegExp, FailureCode])[] = [
  [/already\s+(?:exists?|been\s+(?:used|created))|duplicate/i, 'ALREADY_EXISTS'],
  [/quota|exceed(?:s|ed)?\s+the\s+(?:limit|maximum|upper)|insufficient/i, 'QUOTA_EXCEEDED'],
  [/no\s+permission|permission\s+denied|not\s+(?:allowed|authorized)|forbidden|access\s+denied/i, 'PERMISSION_DENIED'],
  [/does\s+not\s+exist|not\s+(?:be\s+)?found|no\s+such/i, 'NOT_FOUND'],
  [/time[d]?[\s-]?out/i, 'TIMED_OUT'],
  [/cancel+ed|terminated\s+by/i, 'CANCELLED'],
  [/conflict|in\s+use|being\s+(?:used|processed)|another\s+(?:task|operation)/i, 'CONFLICT'],
  [/invalid|illegal|incorrect|malformed|must\s+be|parameter|unsupported|not\s+supported/i, 'INVALID_REQUEST'],
  [/(?:system|internal|server|service)\s+(?:error|exception|fault)/i, 'UPSTREAM_FAULT'],
];

/**
 * Words a failure in the shared vocabulary: by the provider's own table of codes first, by its text where the code
 * is not listed, `UNKNOWN` where neither tells.
 */
export function taskError(
  upstreamCode: string | null,
  text: string | null,
  codes: Readonly<Record<string, FailureCode>> = {},
): TaskError {
  const listed = upstreamCode !== null && Object.hasOwn(codes, upstreamCode) ? codes[upstreamCode] : undefined;
  const worded = text === null ? undefined : WORDS.find(([pattern]) => pattern.test(text))?.[1];
  return {
    code: listed ?? worded ?? 'UNKNOWN',
    detail: redactTextOrNull(text),
    upstream: { code: redactTextOrNull(upstreamCode) },
  };
}
