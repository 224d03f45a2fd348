/** Gives a whole number from 0 up to, and without, a limit. */
export type Pick = (limit: number) => number;
export type Encoding = (text: string, pick: Pick) => string;

const NAMES: Readonly<Record<string, string>> = { '/': 'sol', '+': 'plus', '=': 'equals', '"': 'quot', '&': 'amp' };
const hexOf = (code: number, digits: number, pick: Pick): string => {
  const hex = code.toString(16).padStart(digits, '0');
  return pick(2) === 0 ? hex : hex.toUpperCase();
};
const escapeUnit = (unit: string, pick: Pick): string => `\\u${hexOf(unit.charCodeAt(0), 4, pick)}`;
const percent = (unit: string, pick: Pick): string =>
  Array.from(Buffer.from(unit), (byte) => `%${hexOf(byte, 2, pick)}`).join('');
const entity = (unit: string, pick: Pick): string => {
  const spellings = [
    `&#${unit.charCodeAt(0)};`,
    `&#x${hexOf(unit.charCodeAt(0), 2, pick)};`,
    `&#0${unit.charCodeAt(0)};`,
  ];
  const name = NAMES[unit];
  if (name !== undefined) spellings.push(`&${name};`);
  return spellings[pick(spellings.length)] ?? unit;
};
const listOf = (text: string, spell: (byte: number) => string, separator = ','): string =>
  `[${Array.from(Buffer.from(text), spell).join(separator)}]`;
const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0');
const each =
  (spell: Encoding, chance: number): Encoding =>
  (text, pick) =>
    text.replace(/[\s\S]/g, (unit) => (pick(100) < chance || unit === '&' ? spell(unit, pick) : unit));
const base64 =
  (form: 'base64' | 'base64url', padded = true): Encoding =>
  (text) => {
    const digits = Buffer.from(text).toString(form);
    return padded ? digits : digits.replace(/=+$/, '');
  };
const wrapped =
  (newline: string): Encoding =>
  (text, pick) => {
    const width = 8 + pick(68);
    return Buffer.from(text)
      .toString('base64')
      .replace(new RegExp(`.{${width}}(?=.)`, 'g'), (line) => line + newline);
  };

/** The usual ways of writing one text inside of another. */
export const ENCODINGS: Readonly<Record<string, Encoding>> = {
  'as it is': (text) => text,
  json: (text) => JSON.stringify(text).slice(1, -1),
  'json, fully': each(escapeUnit, 100),
  'json, partly': (text, pick) =>
    text.replace(/[\s\S]/g, (unit) => (pick(100) < 40 ? escapeUnit(unit, pick) : JSON.stringify(unit).slice(1, -1))),
  'json, slashes': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'json in json': (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  percent: (text) => encodeURIComponent(text),
  'percent, fully': each(percent, 100),
  'percent, partly': (text, pick) => each(percent, 40)(text.replaceAll('%', '%25'), pick),
  'percent, twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'html, fully': each(entity, 100),
  'html, partly': each(entity, 40),
  base64: base64('base64'),
  'base64, no padding': base64('base64', false),
  'base64, for URLs': base64('base64url'),
  'base64, in a longer text': (text, pick) =>
    Buffer.from(`${'x-y'.slice(pick(4))}${text}${'and'.slice(pick(4))}`).toString('base64'),
  'base64, behind a letter': (text, pick) => 'xyz'.slice(pick(3)) + Buffer.from(text).toString('base64'),
  'base64, wrapped': wrapped('\n'),
  'base64, wrapped and indented': wrapped('\r\n    '),
  hex: (text) => Buffer.from(text).toString('hex'),
  'hex, upper case': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'hex, in a list': (text, pick) => listOf(text, hexByte, [':', ' ', '-', ', '][pick(4)]),
  'hex, with prefixes': (text, pick) => listOf(text, (byte) => `0x${hexByte(byte)}`, [', ', ' ', ','][pick(3)]),
  'decimal, in a list': (text, pick) => listOf(text, String, [',', ', ', ' '][pick(3)]),
  octal: (text) => Array.from(Buffer.from(text), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
  'code points in braces': (text) => Array.from(text, (mark) => `\\u{${mark.codePointAt(0)?.toString(16)}}`).join(''),
  'units behind percent signs': (text, pick) => each(escapeUnit, 100)(text, pick).replaceAll('\\u', '%u'),
};

const unescape = (text: string): string =>
  text
    .replace(/[\\%]u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\u\{([\da-f]{1,4})\}/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replace(/\\n/g, '\n')
    .replace(/\\r/g, '\r')
    .replace(/\\(.)/g, '$1');
const unpercent = (text: string): string =>
  text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
const unentity = (text: string): string =>
  text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&#x([\da-f]+);/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/&([a-z]+);/g, (all, name: string) => Object.keys(NAMES).find((mark) => NAMES[mark] === name) ?? all);
const unlist = (text: string): string[] =>
  (text.match(/(?:(?:0x)?[\da-f]{1,3}[ ,:-]*){8,}/gi) ?? []).flatMap((list) =>
    [16, 10].map((radix) =>
      Buffer.from(
        (list.match(/[^ ,:-]+/g) ?? []).map((number) => Number.parseInt(number.replace(/^0x/, ''), radix)),
      ).toString('latin1'),
    ),
  );
const undigits = (text: string): string[] =>
  (text.match(/[\w+/-]+(?:(?:\r?\n[ \t]*)[\w+/-]+)*/g) ?? [])
    .map((run) => run.replace(/\s/g, ''))
    .filter((run) => run.length >= 10)
    .flatMap((run) => [
      ...[0, 1, 2, 3].map((at) => Buffer.from(run.slice(at), 'base64').toString('latin1')),
      ...[0, 1].map((at) => Buffer.from(run.slice(at), 'hex').toString('latin1')),
    ]);

/** The slow way: undoes everything that can be undone, in any order, and looks for 16 characters of a secret or all of it. */
export function spells(text: string, secret: string, layers = 6): boolean {
  const length = Math.min(16, secret.length);
  const parts = Array.from({ length: secret.length - length + 1 }, (_, at) => secret.slice(at, at + length));
  let level = new Set([text]);
  const seen = new Set<string>();
  for (let layer = 0; layer <= layers; layer += 1) {
    for (const one of level) {
      if (parts.some((part) => one.includes(part))) return true;
      seen.add(one);
    }
    const next = [...level].flatMap((one) => [
      unescape(one),
      unpercent(one),
      unentity(one),
      ...undigits(one),
      ...unlist(one),
    ]);
    level = new Set(next.filter((one) => one.length >= length && !seen.has(one)));
  }
  return false;
}

/** Numbers that look random, and are the same for the same seed. */
export function pickFrom(seed: number): Pick {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
