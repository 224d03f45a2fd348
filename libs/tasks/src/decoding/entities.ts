import type { Escape } from './escape.js';

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
export function entityAt(text: Buffer, at: number): Escape | null {
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
