import type { TransportReply } from './transport/http-transport.js';

const REDACTED = '[redacted]';
/** Shorter ones are too likely to be ordinary words. */
const MIN_LENGTH = 8;
/** This much of the beginning of a secret is a secret already. */
const PREFIX_LENGTH = 16;

/**
 * Upstreams echo what they refuse: no credential of a request gets further than this, be it in the body or in a header,
 * whole or cut short. It may be percent-encoded or, in JSON, escaped: once or, where JSON stands in a string, several times.
 */
export function withoutSecrets<R extends Pick<TransportReply, 'headers' | 'body'>>(
  reply: R,
  secrets: readonly string[],
): R {
  const wanted = secrets.filter(({ length }) => length >= MIN_LENGTH);
  const headers = Object.values(reply.headers).join('\n');
  const echoed = wanted.filter((secret) => {
    const trace = longestWord(secret.slice(0, PREFIX_LENGTH));
    return reply.body.includes(trace) || headers.includes(trace);
  });
  if (echoed.length === 0) return reply;
  const text = reply.body.toString('utf8');
  const cleanText = clean(text, echoed);
  return {
    ...reply,
    headers: Object.fromEntries(Object.entries(reply.headers).map(([name, value]) => [name, clean(value, echoed)])),
    // Bytes that are no UTF-8 have to stay what they are, unless there was something to hide among them.
    body: cleanText === text ? reply.body : Buffer.from(cleanText),
  };
}

/** Part of a text that looks the same however the text is escaped. */
function longestWord(text: string): string {
  return (text.match(/[A-Za-z0-9]+/g) ?? []).reduce(
    (longest, word) => (word.length > longest.length ? word : longest),
    '',
  );
}

/** A text as it was before it was escaped, and where each of its characters stands. */
interface Plain {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

function clean(text: string, secrets: readonly string[]): string {
  const plain = unescape(text);
  const hidden: { readonly start: number; readonly end: number }[] = [];
  for (const secret of secrets.map((value) => unescape(value).text)) {
    if (secret.length < MIN_LENGTH) continue;
    const prefix = secret.slice(0, PREFIX_LENGTH);
    for (let at = plain.text.indexOf(prefix); at !== -1;) {
      let end = at + prefix.length;
      while (end - at < secret.length && plain.text[end] === secret[end - at]) end += 1;
      hidden.push({ start: plain.starts[at] ?? 0, end: plain.ends[end - 1] ?? 0 });
      at = plain.text.indexOf(prefix, end);
    }
  }
  let rest = '';
  let from = 0;
  for (const { start, end } of hidden.toSorted((one, other) => one.start - other.start)) {
    if (start >= from) rest += text.slice(from, start) + REDACTED;
    from = Math.max(from, end);
  }
  return rest + text.slice(from);
}

/** One pass, whatever stands in the text: a pattern for all spellings of a secret would be slow on hostile ones. */
function unescape(text: string): Plain {
  const characters: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const emit = (character: string, start: number, end: number): void => {
    // Backslashes are left out on both sides: nobody can tell one of the text from one of its escapes.
    if (character === '\\') return;
    characters.push(character);
    starts.push(start);
    ends.push(end);
  };
  for (let at = 0; at < text.length;) {
    const start = at;
    while (text[at] === '\\') at += 1;
    if (at > start && text[at] === 'u' && isHex(text, at + 1, 4)) {
      emit(String.fromCharCode(Number.parseInt(text.slice(at + 1, at + 5), 16)), start, at + 5);
      at += 5;
    } else if (text[at] === '%' && isHex(text, at + 1, 2)) {
      emit(String.fromCharCode(Number.parseInt(text.slice(at + 1, at + 3), 16)), start, at + 3);
      at += 3;
    } else if (at < text.length) {
      emit(text[at] ?? '', start, at + 1);
      at += 1;
    }
  }
  return { text: characters.join(''), starts, ends };
}

function isHex(text: string, at: number, length: number): boolean {
  for (let index = at; index < at + length; index += 1) if (!/[0-9a-fA-F]/.test(text[index] ?? '')) return false;
  return true;
}
