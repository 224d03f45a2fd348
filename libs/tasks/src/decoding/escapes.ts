import { DecodedTextWriter } from './decoded-text.js';
import type { DecodedText } from './decoded-text.js';

/** An escape of a text. */
interface Escape {
  /** Bytes that it takes. */
  readonly length: number;
  /** A code point, or a byte of an encoded one. */
  readonly code: number;
  readonly isByte: boolean;
}

const [PERCENT, AMPERSAND, BACKSLASH] = [0x25, 0x26, 0x5c];
const [LETTER_U, LETTER_X, BRACE] = [0x75, 0x78, 0x7b];
const MARKS = [PERCENT, AMPERSAND, BACKSLASH];
const IS_MARK = Uint8Array.from({ length: 256 }, (_, byte) => Number(MARKS.includes(byte)));

/** Levels of escapes that are taken off a text: three documents in strings of each other, and what is in them. */
const MAX_LEVELS = 8;

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
 * Takes one level of the escapes of JSON, URLs and HTML back.
 * @returns the source itself where there is none
 */
function unescape(source: DecodedText): DecodedText {
  const { bytes } = source;
  if (!MARKS.some((mark) => bytes.includes(mark))) return source;
  const writer = new DecodedTextWriter(source, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] as number;
    const escape = IS_MARK[byte] === 0 ? null : escapeAt(bytes, at);
    const last = at + (escape?.length ?? 1) - 1;
    if (escape === null || escape.isByte) writer.write(escape?.code ?? byte, at, last);
    else for (const unit of utf8(escape.code)) writer.write(unit, at, last);
    at = last + 1;
  }
  const text = writer.text();
  // Every escape is longer than what it stands for.
  return text.bytes.length === bytes.length ? source : text;
}

/** Of a code point, a half of a surrogate pair too. */
function utf8(code: number): readonly number[] {
  if (code < 0x80) return [code];
  const more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  const units = [([0xc0, 0xe0, 0xf0][more - 1] ?? 0) | (code >> (6 * more))];
  for (let shift = 6 * (more - 1); shift >= 0; shift -= 6) units.push(0x80 | ((code >> shift) & 0x3f));
  return units;
}

/** The escape that begins with a backslash, a percent sign or an ampersand; null where none does. */
function escapeAt(text: Buffer, at: number): Escape | null {
  if (text[at] === AMPERSAND) return entityAt(text, at);
  const next = text[at + 1];
  if (next === LETTER_U) return text[at + 2] === BRACE ? bracedAt(text, at) : unitsAt(text, at);
  if (text[at] === PERCENT) return byteAt(text, at, 1);
  if (next === LETTER_X) return byteAt(text, at, 2);
  // Anything else stays: what follows may have to be taken out of an escape of another kind first.
  return PAIRS.get(next) ?? octalAt(text, at);
}

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
/** Bytes of the longest that is read: `&diacriticalgrave;`. */
const MAX_ENTITY = 20;
/** What may be the rest of an entity: it has to be taken out of an escape of another kind first. */
const REST = String.raw`[;\\]|%u?[\da-f]{2}`;
/** Numbers end without a semicolon, too. */
const ENTITY = new RegExp(
  String.raw`^&(?:#(\d{1,9})(?:;|(?!\d|${REST}))|#x([\da-f]{1,8})(?:;|(?![\da-f]|${REST}))|([a-z]+\d*);)`,
  'i',
);
/** And four names, which are as old as HTML, whatever follows. */
const OLD_ENTITY = new RegExp(`^&(amp|lt|gt|quot)(?!${REST})`, 'i');

/** Named characters of HTML within ASCII. */
const ASCII = (
  'amp& lt< gt> quot" apos\' excl! num# dollar$ percnt% lpar( rpar) ast* midast* plus+ comma, hyphen- dash- minus- ' +
  'period. sol/ colon: semi; equals= quest? commat@ lsqb[ lbrack[ bsol\\ rsqb] rbrack] hat^ lowbar_ underbar_ grave` ' +
  'diacriticalgrave` lcub{ lbrace{ verbar| vert| verticalline| rcub} rbrace} tilde~ tab\t newline\n nbsp\u0020'
)
  .split(/ (?=\w)/)
  .map((entry) => [entry.slice(0, -1), entry.charCodeAt(entry.length - 1)] as const);

/** Those of Latin-1, from U+00A1 on. */
const LATIN = (
  'iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para ' +
  'middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave ' +
  'Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute ' +
  'Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave ' +
  'iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
)
  .split(' ')
  .map((name, at) => [name, 0xa1 + at] as const);

const NAMED = new Map([...ASCII, ...LATIN, ['euro', 0x20ac]]);

/** `&name;`, `&#1;` or `&#x1;`; null where none begins. */
function entityAt(text: Buffer, at: number): Escape | null {
  const piece = text.toString('latin1', at, at + MAX_ENTITY);
  const found = ENTITY.exec(piece);
  const [, decimal, hexadecimal, name] = found ?? [];
  const code = hexadecimal === undefined ? (named(name) ?? Number(decimal)) : Number.parseInt(hexadecimal, 16);
  if (found !== null && code <= 0x10ffff) return { length: found[0].length, code, isByte: false };
  const old = OLD_ENTITY.exec(piece);
  return old === null ? null : { length: old[0].length, code: named(old[1]) ?? 0, isByte: false };
}

function named(name: string | undefined): number | undefined {
  return name === undefined ? undefined : (NAMED.get(name) ?? NAMED.get(name.toLowerCase()));
}
