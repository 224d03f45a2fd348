import { inOriginal, joined, original } from './decoding/decoded-text.js';
import type { Range } from './decoding/decoded-text.js';
import { decodings } from './decoding/digits.js';
import type { Decoding } from './decoding/digits.js';
import { unescaped } from './decoding/escapes.js';
import { asText, isObject, parseEmbedded } from './readers.js';
import type { JsonObject } from './task.js';

export const REDACTED = '[redacted]';

const MAX_TEXT = 1024;

const PLACE_RULES: readonly (readonly [RegExp, string])[] = [
  [/[A-Za-z0-9+/_=-]{60,}/g, REDACTED],
  // A stack trace: from its first frame to the end.
  [/(?:\\n|\s)(?:\\t|\s)*at [\w$.<>[\] ]+\([^()\n]*\)[\s\S]*|\bTraceback \(most recent call last\)[\s\S]*/g, ''],
  [/\bhttps?:\/\/[^\s"'<>]+/gi, '[url]'],
  [/\b(?:10|127)(?:\.\d{1,3}){3}(?::\d+)?\b/g, '[address]'],
  [
    /\b(?:192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))(?:\.\d{1,3}){2}(?::\d+)?\b/g,
    '[address]',
  ],
  [/\b(?:[a-z0-9-]+\.)+(?:internal|local|localdomain|svc|lan|intranet)\b(?::\d+)?|\blocalhost(?::\d+)?\b/gi, '[host]'],
  [
    /\b\d{1,3}(?:\.\d{1,3}){3}:\d{2,5}\b|\b(?:fe80|f[cd][0-9a-f]{2})(?::[0-9a-f]{0,4}){2,7}(?:%\w+)?|(?<![\w:])::1\b/gi,
    '[address]',
  ],
  [
    /\b(?:[a-z0-9-]+\.){2,}(?:com|net|org|io|eu|de|nl|ch|cn|ru|cloud)\b(?::\d+)?|\b[a-z][a-z0-9]*(?:[.-][a-z0-9]+)+:\d{2,5}\b/gi,
    '[host]',
  ],
  // oxlint-disable-next-line no-control-regex -- control characters are what is removed
  [/[\u0000-\u0008\u000b-\u001f\u007f]+/g, ' '],
];

/** Upstream text that a caller may see: without secrets, addresses and control characters, at most 1,024 characters. */
export function redactText(text: string): string {
  let safe = withoutNamedSecrets(text.slice(0, 4 * MAX_TEXT));
  for (const [pattern, replacement] of PLACE_RULES) safe = safe.replace(pattern, replacement);
  return safe.length > MAX_TEXT ? `${safe.slice(0, MAX_TEXT - 1)}…` : safe;
}

/** {@link redactText} for a member that may be missing. */
export function redactTextOrNull(text: string | null): string | null {
  return text === null ? null : redactText(text);
}

/** A copy without the values of members that are named like secrets, also inside JSON that was put into strings. */
export function redactObject(object: JsonObject): JsonObject {
  return redactMembers(object, false, 0);
}

/**
 * What an upstream put into a member that holds JSON in text, an object, or anything else: an object without secrets.
 * A list becomes `{items}`, other text `{text}`, nothing null.
 */
export function redactLoose(value: unknown): JsonObject | null {
  const parsed = parseEmbedded(value);
  if (isObject(parsed)) return redactObject(parsed);
  if (Array.isArray(parsed)) return redactObject({ items: parsed });
  const text = asText(value);
  return text === null ? null : { text: redactText(text) };
}

function redactMembers(object: JsonObject, secret: boolean, embedded: number): JsonObject {
  // `{name: 'password', value: '...'}` names its secret in a neighbour.
  const labelled = Object.entries(object).some(
    ([member, value]) => LABEL_MEMBER.test(member) && typeof value === 'string' && isSecretName(value),
  );
  return Object.fromEntries(
    Object.entries(object).map(([member, value]) => [
      withoutNamedSecrets(member),
      redactValue(value, secret || isSecretName(member) || (labelled && VALUE_MEMBER.test(member)), embedded, member),
    ]),
  );
}

function redactValue(value: unknown, secret: boolean, embedded: number, member: string): unknown {
  if (Array.isArray(value)) return value.map((item) => redactValue(item, secret, embedded, member));
  if (isObject(value)) return redactMembers(value, secret, embedded);
  // A number under `max_tokens` or `token_count` is no token.
  if (secret && (typeof value === 'string' || (typeof value === 'number' && !/token/i.test(member)))) return REDACTED;
  return typeof value === 'string' ? redactEmbedded(value, embedded) : value;
}

function redactEmbedded(text: string, embedded: number): string {
  // Secrets only: addresses and names in a parameter are what the parameter is about.
  if (!/^\s*[[{]/.test(text)) return withoutNamedSecrets(text);
  const inner = embedded < 3 ? parseEmbedded(text) : undefined;
  // What looks like JSON and cannot be read is treated as text: a broken document still holds its password.
  return inner === undefined ? redactText(text) : JSON.stringify(redactValue(inner, false, embedded + 1, ''));
}

const LABEL_MEMBER = /^(?:\w{0,20}_)?(?:name|key|label)$/i;
const VALUE_MEMBER = /value$/i;
const SECRET_PARTS = new Set(
  'pass password passwd passphrase passcode pwd secret secrets token credential credentials ak sk authorization cookie cookies signature'.split(
    ' ',
  ),
);
const SECRET_NAME = /password|passwd|passphrase|secret|credential|(?:private|access|api|encryption|master)key/;

/** Whatever escapes stand in it. */
function isSecretName(name: string): boolean {
  if (name.length > 100) return false;
  if (!/[%&\\]/.test(name)) return hasSecretWord(name);
  return Array.from(unescaped(original(Buffer.from(name), false))).some(({ bytes }) => hasSecretWord(bytes.toString()));
}

/** By whole words, so that `compass` is none; `adminPass` and `obs_sk` are. */
function hasSecretWord(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => SECRET_PARTS.has(word)) || SECRET_NAME.test(words.join(''));
}

const SECRET_WORDS =
  'pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?|private[_ -]?key|access[_ -]?key|api[_ -]?key|authorization|cookie|signature';
/** A string of JSON to its end, be the text cut off before; else to the next mark. */
const VALUE = `"(?:[^"\\\\]|\\\\[\\s\\S])*(?:"|\\\\?$)|'[^']*(?:'|$)|[{[][^}\\]]*[}\\]]?|[^\\s"',;&)}]+`;

/**
 * What is a secret wherever it stands: all of a match but its first group. Quantifiers are bounded where they could start
 * anywhere: texts come from outside and may be long.
 */
const SECRET_RULES: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
  // A refused signature may echo the whole canonical request.
  /\b(canonical[ _-]?(?:request|string)\b[:\s]{0,8})[\s\S]+/gi,
  /\bSDK-HMAC-SHA256\b[^\n]*/gi,
  /\b((?:set-)?cookie\s{0,8}[:=]\s{0,8})[^\n]+/gi,
  /\b((?:password|passwd|pwd|secret)\s{1,8}(?:is\s{1,8}|was\s{1,8})?)(?:"[^"]+"|'[^']+')/gi,
  /\b((?:Bearer|Basic)\s{1,8})[\w.~+/=-]+/gi,
  /\b([a-z][a-z0-9+.-]{1,30}:\/\/)[^\s/@:]{0,200}:[^\s/@]{1,500}(?=@)/gi,
  new RegExp(
    `((?:(?:${SECRET_WORDS})[\\w-]{0,40}|\\b(?:\\w{0,40}_)?(?:ak|sk))["']?\\s{0,8}[:=]\\s{0,8})(?:${VALUE})`,
    'gi',
  ),
  // `"name": "password", "value": "..."`
  new RegExp(
    `((?:name|key|label)["']?\\s{0,8}[:=]\\s{0,8}["']?[\\w.-]{0,40}(?:${SECRET_WORDS})[\\w-]{0,40}["']?\\s{0,8},\\s{0,8}["']?\\w{0,40}value["']?\\s{0,8}[:=]\\s{0,8})(?:${VALUE})`,
    'gi',
  ),
  new RegExp(`(<[\\w:-]{0,40}(?:${SECRET_WORDS})[\\w-]{0,40}>)[^<>]+(?=</)`, 'gi'),
  /\beyJ[\w-]{1,500}\.[\w-]{1,8000}\.[\w-]*/g,
  // An access key; digits alone are a number.
  /\b(?!\d{20}\b)[A-Z0-9]{20}\b/g,
];

/** Bytes of the shortest text in digits that may hold a name and a secret. */
const SHORTEST = 12;
/** Too short for any rule, and without a mark. */
const WORD = /^\w{0,19}$/;
const PRINTABLE = /[\t\n\r\x20-\x7e]{12,}/g;

/** A text without secrets, whatever escapes or digits they stand in; texts without any are left as they are. */
function withoutNamedSecrets(text: string): string {
  if (WORD.test(text)) return text;
  // One byte for each place of the text, so that places are kept: 0xff is neither a letter nor a blank.
  const bytes = Buffer.from(text.replace(/[^\0-\x7f]/g, '\xff'), 'latin1');
  // Places take several times the memory of the text, and hardly any text needs them.
  if (findAll(bytes, false).length === 0) return text;
  let safe = '';
  let from = 0;
  for (const [start, end] of joined(findAll(bytes, true))) {
    safe += text.slice(from, start) + REDACTED;
    from = end;
  }
  return safe + text.slice(from);
}

function findAll(bytes: Buffer, withPlaces: boolean): readonly Range[] {
  const found: Range[] = [];
  for (const decoding of decodings(original(bytes, withPlaces), SHORTEST)) {
    found.push(...secretsIn(decoding));
    if (!withPlaces && found.length > 0) break;
  }
  return found;
}

/** Of digits that spell a secret it is the whole run. Most of what digits spell is no text. */
function secretsIn(decoding: Decoding): readonly Range[] {
  const text = decoding.bytes.toString('latin1');
  if (decoding.depth === 0) return matchesIn(text).map((range) => inOriginal(decoding, range));
  const found: Range[] = [];
  for (const { index, 0: stretch } of text.matchAll(PRINTABLE)) {
    if (matchesIn(stretch).length === 0) continue;
    found.push(inOriginal(decoding, [text.lastIndexOf('\0', index) + 1, text.indexOf('\0', index)]));
  }
  return found;
}

function matchesIn(text: string): Range[] {
  const found: Range[] = [];
  for (const rule of SECRET_RULES) {
    // Not `matchAll`, which makes a rule anew for each text: this runs for every text of a task.
    rule.lastIndex = 0;
    for (let match = rule.exec(text); match !== null; match = rule.exec(text))
      found.push([match.index + (match[1]?.length ?? 0), match.index + match[0].length]);
  }
  return found;
}
