export const [PERCENT, AMPERSAND, BACKSLASH] = [0x25, 0x26, 0x5c];
const [LETTER_U, LETTER_X] = [0x75, 0x78];
/** What stands behind a backslash, and what both mean together. */
const PAIRS = new Map(Array.from('"\\/\'bfnrt', (mark, at) => [mark.charCodeAt(0), '"\\/\'\b\f\n\r\t'.charCodeAt(at)]));
/** Bytes of the longest that is read: `&diacriticalgrave;`. */
const MAX_ENTITY = 20;

/** Named characters of HTML within ASCII. */
const NAMED = new Map(
  (
    'amp& lt< gt> quot" apos\' excl! num# dollar$ percnt% lpar( rpar) ast* midast* plus+ comma, hyphen- dash- minus- ' +
    'period. sol/ colon: semi; equals= quest? commat@ lsqb[ lbrack[ bsol\\ rsqb] rbrack] hat^ lowbar_ underbar_ grave` ' +
    'diacriticalgrave` lcub{ lbrace{ verbar| vert| verticalline| rcub} rbrace} tilde~ tab\t newline\n nbsp\u0020'
  )
    .split(/ (?=\w)/)
    .map((entry) => [entry.slice(0, -1), entry.charCodeAt(entry.length - 1)]),
);
const ENTITY = /^&(?:#(\d{1,9})|#x([\da-f]{1,8})|([a-z]+));/i;

/** What a byte is worth as a hexadecimal digit; not a number where it is none. */
const HEX = Array.from({ length: 256 }, (_, byte) => Number.parseInt(String.fromCharCode(byte), 16));

/** An escape of a text. */
export interface Escape {
  /** Bytes that it takes. */
  readonly length: number;
  /** A code point, or a byte of an encoded one. */
  readonly code: number;
  readonly isByte: boolean;
}

/** The escape that begins with a backslash, a percent sign or an ampersand; null where none does. */
export function escapeAt(text: Buffer, at: number): Escape | null {
  if (text[at] === AMPERSAND) return entityAt(text, at);
  if (text[at] === PERCENT) return byteAt(text, at, 1);
  const next = text[at + 1];
  if (next === LETTER_X) return byteAt(text, at, 2);
  // Anything else stays: what follows may have to be taken out of an escape of another kind first.
  if (next !== LETTER_U) return pairAt(next);
  const unit = unitAt(text, at);
  if (Number.isNaN(unit)) return null;
  const low = text[at + 6] === BACKSLASH && text[at + 7] === LETTER_U ? unitAt(text, at + 6) : Number.NaN;
  const isPair = unit >= 0xd800 && unit < 0xdc00 && low >= 0xdc00 && low < 0xe000;
  if (isPair) return { length: 12, code: 0x10000 + (unit - 0xd800) * 0x400 + low - 0xdc00, isByte: false };
  return { length: 6, code: unit, isByte: false };
}

function pairAt(next: number | undefined): Escape | null {
  const code = next === undefined ? undefined : PAIRS.get(next);
  return code === undefined ? null : { length: 2, code, isByte: true };
}

/** Two digits, behind as many bytes. */
function byteAt(text: Buffer, at: number, prefix: number): Escape | null {
  const code = digitsAt(text, at + prefix);
  return Number.isNaN(code) ? null : { length: prefix + 2, code, isByte: true };
}

function unitAt(text: Buffer, at: number): number {
  return digitsAt(text, at + 2) * 256 + digitsAt(text, at + 4);
}

function digitsAt(text: Buffer, at: number): number {
  return (HEX[text[at] ?? 0] ?? Number.NaN) * 16 + (HEX[text[at + 1] ?? 0] ?? Number.NaN);
}

/** `&name;`, `&#1;` or `&#x1;`. */
function entityAt(text: Buffer, at: number): Escape | null {
  const found = ENTITY.exec(text.toString('latin1', at, at + MAX_ENTITY));
  if (found === null) return null;
  const [{ length }, decimal, hexadecimal, name = ''] = found;
  const number = decimal ?? (hexadecimal === undefined ? undefined : `0x${hexadecimal}`);
  const code = number === undefined ? NAMED.get(name.toLowerCase()) : Number(number);
  return code === undefined || code > 0x10ffff ? null : { length, code, isByte: false };
}
