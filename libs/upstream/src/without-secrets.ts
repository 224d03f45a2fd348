import { decodings, inOriginal, joined, original, REDACTED } from '@gateway/tasks';
import type { Range } from '@gateway/tasks';
import { SecretParts } from './secret-parts.js';
import type { TransportReply } from './transport/http-transport.js';

const [QUOTE, BACKSLASH] = [0x22, 0x5c];

/**
 * Upstreams echo what they refuse: no credential of a request gets further than this, be it in the body or in a header,
 * whole or any 16 characters of it, in whatever usual encoding or two of them.
 */
export function withoutSecrets<R extends Pick<TransportReply, 'headers' | 'body'>>(
  reply: R,
  secrets: readonly string[],
): R {
  const parts = new SecretParts(secrets);
  const isHeadClean = !isEchoed(Buffer.from(Object.values(reply.headers).join('\n')), parts);
  const body = clean(reply.body, parts);
  if (isHeadClean && body === reply.body) return reply;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(reply.headers))
    headers[name] = clean(Buffer.from(value), parts).toString();
  return { ...reply, body, headers };
}

/** Looks without places first: they take several times the memory of the text. */
function isEchoed(text: Buffer, parts: SecretParts): boolean {
  for (const { bytes } of decodings(original(text, false), parts.shortest)) if (parts.isIn(bytes)) return true;
  return false;
}

/** The same bytes where nothing is found in them. */
function clean(text: Buffer, parts: SecretParts): Buffer {
  if (!isEchoed(text, parts)) return text;
  const found: Range[] = [];
  for (const decoding of decodings(original(text, true), parts.shortest))
    for (const range of parts.find(decoding.bytes)) found.push(withinText(text, inOriginal(decoding, range)));
  const pieces: Buffer[] = [];
  let from = 0;
  for (const [start, end] of joined(found)) {
    pieces.push(text.subarray(from, start), Buffer.from(REDACTED));
    from = end;
  }
  return Buffer.concat([...pieces, text.subarray(from)]);
}

/**
 * What is left of JSON has to stay JSON: backslashes go with what they escape, and quotes at either end without one are
 * not of the secret.
 */
function withinText(text: Buffer, [from, to]: Range): Range {
  let [start, end] = [from, to];
  while (start > 0 && text[start - 1] === BACKSLASH) start -= 1;
  while (end > start + 1 && text[end - 1] === BACKSLASH) end -= 1;
  if (text[start] === QUOTE) start += 1;
  if (text[end - 1] === QUOTE && text[end - 2] !== BACKSLASH) end -= 1;
  return [start, end];
}
