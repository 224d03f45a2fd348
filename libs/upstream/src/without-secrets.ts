import type { TransportReply } from './transport/http-transport.js';

const REDACTED = '[redacted]';
/** Shorter ones are too likely to be ordinary words. */
const MIN_LENGTH = 8;

/**
 * Upstreams echo what they refuse: no credential of a request gets further than this, be it in the body or in a header.
 * In JSON a credential may be escaped, once or, where JSON stands in a string, several times.
 */
export function withoutSecrets(reply: TransportReply, secrets: readonly string[]): TransportReply {
  const headers = Object.values(reply.headers).join('\n');
  const echoed = secrets.filter((secret) => {
    const trace = longestWord(secret);
    return secret.length >= MIN_LENGTH && (reply.body.includes(trace) || headers.includes(trace));
  });
  if (echoed.length === 0) return reply;
  const patterns = echoed.map(spellings);
  const clean = (text: string): string => patterns.reduce((rest, pattern) => rest.replace(pattern, REDACTED), text);
  const text = reply.body.toString('utf8');
  const cleanText = clean(text);
  return {
    ...reply,
    headers: Object.fromEntries(Object.entries(reply.headers).map(([name, value]) => [name, clean(value)])),
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

function spellings(secret: string): RegExp {
  const source = secret.replace(/[^A-Za-z0-9]/g, (mark) => {
    const hex = mark.charCodeAt(0).toString(16).padStart(4, '0');
    const digits = hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
    return `(?:\\\\{0,8}\\u${hex}|\\\\{1,8}u${digits})`;
  });
  return new RegExp(source, 'g');
}
