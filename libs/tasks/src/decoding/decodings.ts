import { decodeDigitRuns } from './digit-runs.js';
import { unescape } from './escapes.js';
import { decodeNumberLists } from './number-lists.js';
import type { DecodedText } from './decoded-text.js';

/** Levels of escapes that are taken off a text: three documents in strings of each other, and what is in them. */
const MAX_LEVELS = 8;
/** How often base64, hexadecimal digits or lists of numbers are decoded in what was decoded. */
const MAX_DEPTH = 2;

export interface Decoding extends DecodedText {
  /** How many layers of digits were taken off; from 1 on, there are several texts, each with a zero byte behind it. */
  readonly depth: number;
}

/** A text as it is, and as it was before each level of escapes (JSON, URL, HTML, mixed) was put on. */
export function* unescaped(text: DecodedText): Generator<DecodedText> {
  let plain = text;
  yield plain;
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    const next = unescape(plain);
    if (next === plain) return;
    plain = next;
    yield plain;
  }
}

/**
 * A text {@link unescaped}, and without each level of digits (base64, hexadecimal, lists of numbers). Work and memory
 * are bounded by a multiple of the text, whatever stands in it.
 * @param shortest bytes of the shortest text that is of interest inside of digits
 */
export function* decodings(text: DecodedText, shortest: number, depth = 0): Generator<Decoding> {
  let plain = text;
  for (plain of unescaped(text)) yield { ...plain, depth };
  if (depth === MAX_DEPTH) return;
  // Once, where no escape is left: none of them has anything to do with digits.
  for (const decode of [decodeDigitRuns, decodeNumberLists])
    for (const decoded of decode(plain, shortest)) yield* decodings(decoded, shortest, depth + 1);
}
