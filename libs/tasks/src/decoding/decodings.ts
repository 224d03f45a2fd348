import { decodeRuns } from './decode-runs.js';
import type { Spelled } from './spelled.js';
import { unescape } from './unescape.js';

/** Levels of escapes that are taken off a text: three documents in strings of each other, and what is in them. */
const MAX_LEVELS = 8;
/** How often base64 or hexadecimal digits are decoded in what was decoded. */
const MAX_DEPTH = 2;

export interface Decoding extends Spelled {
  /** How many layers of digits were taken off; from 1 on, there are several texts, each with a zero byte behind it. */
  readonly depth: number;
}

/**
 * A text as it is, and as it was before each level of escapes (JSON, URL, HTML, mixed) and of digits (base64 and
 * hexadecimal) was put on. Work and memory are bounded by a multiple of the text, whatever stands in it.
 * @param shortest bytes of the shortest text that is of interest inside of digits
 */
export function* decodings(text: Spelled, shortest: number, depth = 0): Generator<Decoding> {
  let plain = text;
  yield { ...plain, depth };
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    const next = unescape(plain);
    if (next === plain) break;
    plain = next;
    yield { ...plain, depth };
  }
  if (depth === MAX_DEPTH) return;
  // Once, where no escape is left: none of them has anything to do with digits.
  for (const decoded of decodeRuns(plain, shortest)) yield* decodings(decoded, shortest, depth + 1);
}
