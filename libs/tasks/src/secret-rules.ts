import { inOriginal, joined, original } from './decoding/decoded-text.js';
import type { Range } from './decoding/decoded-text.js';
import { decodings } from './decoding/decodings.js';
import type { Decoding } from './decoding/decodings.js';

export const REDACTED = '[redacted]';

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
export function withoutNamedSecrets(text: string): string {
  if (WORD.test(text)) return text;
  const bytes = indexed(text);
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
    found.push(...(decoding.depth === 0 ? inText(decoding) : inDigits(decoding)));
    if (!withPlaces && found.length > 0) break;
  }
  return found;
}

/** One byte for each place of a text, as places are what is asked for: 0xff is neither a letter nor a blank. */
function indexed(text: string): Buffer {
  return Buffer.from(text.replace(/[^\0-\x7f]/g, '\xff'), 'latin1');
}

function inText(decoding: Decoding): Range[] {
  return secretsIn(decoding.bytes.toString('latin1')).map((range) => inOriginal(decoding, range));
}

/** Hides the whole run of digits that spells a secret. Most of what digits spell is no text. */
function inDigits(decoding: Decoding): Range[] {
  const text = decoding.bytes.toString('latin1');
  const found: Range[] = [];
  for (const { index, 0: stretch } of text.matchAll(PRINTABLE)) {
    if (secretsIn(stretch).length === 0) continue;
    found.push(inOriginal(decoding, [text.lastIndexOf('\0', index) + 1, text.indexOf('\0', index)]));
  }
  return found;
}

function secretsIn(text: string): Range[] {
  const found: Range[] = [];
  for (const rule of SECRET_RULES) {
    // Not `matchAll`, which makes a rule anew for each text: this runs for every text of a task.
    rule.lastIndex = 0;
    for (let match = rule.exec(text); match !== null; match = rule.exec(text))
      found.push([match.index + (match[1]?.length ?? 0), match.index + match[0].length]);
  }
  return found;
}
