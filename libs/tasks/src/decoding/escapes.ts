import { entityAt } from './entities.js';
import type { Escape } from './escape.js';

export const [PERCENT, AMPERSAND, BACKSLASH] = [0x25, 0x26, 0x5c];
const [LETTER_U, LETTER_X, BRACE] = [0x75, 0x78, 0x7b];

/** What stands behind a backslash, and what both mean together. */
const PAIRS: ReadonlyMap<number | undefined, Escape> = new Map(
  Array.from('"\\/\'bfnrt', (mark, at) => [
    mark.charCodeAt(0),
    { length: 2, code: '"\\/\'\b\f\n\r\t'.charCodeAt(at), isByte: true },
  ]),
);
/** `\u{1f600}` */
const BRACED = /^\\u\{([\da-f]{1,6})\}/i;
const LONGEST_BRACED = 10;
/** `\115`, as C writes a byte. */
const OCTAL = /^\\([0-3][0-7]{2})/;

/** What a byte is worth as a hexadecimal digit; not a number where it is none. */
const HEX = Array.from({ length: 256 }, (_, byte) => Number.parseInt(String.fromCharCode(byte), 16));

/** The escape that begins with a backslash, a percent sign or an ampersand; null where none does. */
export function escapeAt(text: Buffer, at: number): Escape | null {
  if (text[at] === AMPERSAND) return entityAt(text, at);
  const next = text[at + 1];
  if (next === LETTER_U) return text[at + 2] === BRACE ? bracedAt(text, at) : unitsAt(text, at);
  if (text[at] === PERCENT) return byteAt(text, at, 1);
  if (next === LETTER_X) return byteAt(text, at, 2);
  // Anything else stays: what follows may have to be taken out of an escape of another kind first.
  return PAIRS.get(next) ?? octalAt(text, at);
}

/** Two digits, behind as many bytes. */
function byteAt(text: Buffer, at: number, prefix: number): Escape | null {
  const code = digitsAt(text, at + prefix);
  return Number.isNaN(code) ? null : { length: prefix + 2, code, isByte: true };
}

/** `\u004d` or `%u004d`; two of them where they are a surrogate pair. */
function unitsAt(text: Buffer, at: number): Escape | null {
  const unit = unitAt(text, at);
  if (Number.isNaN(unit)) return null;
  const low = text[at + 6] === text[at] && text[at + 7] === LETTER_U ? unitAt(text, at + 6) : Number.NaN;
  const isPair = unit >= 0xd800 && unit < 0xdc00 && low >= 0xdc00 && low < 0xe000;
  if (isPair) return { length: 12, code: 0x10000 + (unit - 0xd800) * 0x400 + low - 0xdc00, isByte: false };
  return { length: 6, code: unit, isByte: false };
}

function unitAt(text: Buffer, at: number): number {
  return digitsAt(text, at + 2) * 256 + digitsAt(text, at + 4);
}

function digitsAt(text: Buffer, at: number): number {
  return (HEX[text[at] ?? 0] ?? Number.NaN) * 16 + (HEX[text[at + 1] ?? 0] ?? Number.NaN);
}

function bracedAt(text: Buffer, at: number): Escape | null {
  const found = BRACED.exec(text.toString('latin1', at, at + LONGEST_BRACED));
  const code = Number.parseInt(found?.[1] ?? '', 16);
  return found === null || code > 0x10ffff ? null : { length: found[0].length, code, isByte: false };
}

function octalAt(text: Buffer, at: number): Escape | null {
  const found = OCTAL.exec(text.toString('latin1', at, at + 4));
  return found === null ? null : { length: 4, code: Number.parseInt(found[1] ?? '', 8), isByte: true };
}
