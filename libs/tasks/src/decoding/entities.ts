import type { Escape } from './escape.js';

/** Bytes of the longest that is read: `&diacriticalgrave;`. */
const MAX_ENTITY = 20;
/** What may be the rest of an entity: it has to be taken out of an escape of another kind first. */
const REST = String.raw`[;\\]|%u?[\da-f]{2}`;
/** Numbers end without a semicolon, too, as do the four names that are as old as HTML. */
const ENTITY = new RegExp(
  String.raw`^&(?:#(\d{1,9})(?:;|(?!\d|${REST}))|#x([\da-f]{1,8})(?:;|(?![\da-f]|${REST}))|([a-z]+\d*);|(amp|lt|gt|quot)(?!${REST}))`,
  'i',
);

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
  const found = ENTITY.exec(text.toString('latin1', at, at + MAX_ENTITY));
  if (found === null) return null;
  const [{ length }, decimal, hexadecimal, named, old = ''] = found;
  const name = named ?? old;
  const number = decimal ?? (hexadecimal === undefined ? undefined : `0x${hexadecimal}`);
  const code = number === undefined ? (NAMED.get(name) ?? NAMED.get(name.toLowerCase())) : Number(number);
  return code === undefined || code > 0x10ffff ? null : { length, code, isByte: false };
}
