import { decodings, inOriginal, joined, original, REDACTED } from '@gateway/tasks';
import type { Range } from '@gateway/tasks';
import { ownTurn } from '../transport/body.js';
import { SecretParts } from './secret-parts.js';
import type { TransportReply } from '../transport/exchange.js';

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const STRING = Buffer.from(REDACTED);
/** In place of a number. */
const NUMBER = Buffer.from(JSON.stringify(REDACTED));

/**
 * Upstreams echo what they refuse: no credential of a request gets further than this, be it in the body or in a header,
 * whole or any 16 characters of it, in whatever usual encoding or two of them.
 * @param secrets what is made of a list is kept as long as the list
 */
export async function withoutSecrets<R extends Pick<TransportReply, 'headers' | 'body'>>(
  reply: R,
  secrets: readonly string[],
): Promise<R> {
  const parts = SecretParts.of(secrets);
  const isHeadClean = !(await isEchoed(Buffer.from(Object.values(reply.headers).join('\n')), parts));
  const body = await clean(reply.body, parts);
  if (isHeadClean && body === reply.body) return reply;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(reply.headers))
    headers[name] = (await clean(Buffer.from(value), parts)).toString();
  return { ...reply, body, headers };
}

/** Looks without places first: they take several times the memory of the text. */
async function isEchoed(text: Buffer, parts: SecretParts): Promise<boolean> {
  for (const { bytes } of decodings(original(text, false), parts.shortest)) {
    if (parts.isIn(bytes)) return true;
    await ownTurn(text.length);
  }
  return false;
}

/** The same bytes where nothing is found in them. */
async function clean(text: Buffer, parts: SecretParts): Promise<Buffer> {
  if (!(await isEchoed(text, parts))) return text;
  const found: Range[] = [];
  for (const decoding of decodings(original(text, true), parts.shortest)) {
    for (const range of parts.find(decoding.bytes)) found.push(withinText(text, inOriginal(decoding, range)));
    await ownTurn(text.length);
  }
  return replaced(text, joined(found));
}

function replaced(text: Buffer, ranges: readonly Range[]): Buffer {
  const pieces: Buffer[] = [];
  const isJson = /^\s*[[{]/.test(text.toString('latin1', 0, 100));
  let [from, isString] = [0, false];
  for (const range of ranges) {
    isString = endsInString(text, from, range[0], isString);
    const isNumber = isJson && !isString;
    const [start, end] = isNumber ? wholeNumber(text, range) : range;
    // Of the number that was taken out before, but it may reach further.
    if (start < from) {
      from = Math.max(from, end);
      continue;
    }
    pieces.push(text.subarray(from, start), isNumber ? NUMBER : STRING);
    from = end;
  }
  return Buffer.concat([...pieces, text.subarray(from)]);
}

/** Whether a string of JSON is open at the end of a range, as it was or was not at the beginning. */
function endsInString(text: Buffer, from: number, to: number, isString: boolean): boolean {
  let isOpen = isString;
  for (let at = from; at < to; at += 1) {
    if (text[at] === QUOTE) isOpen = !isOpen;
    else if (text[at] === BACKSLASH) at += 1;
  }
  return isOpen;
}

/** A secret of digits may be a part of a number, and several numbers may spell one. */
function wholeNumber(text: Buffer, [from, to]: Range): Range {
  const isPart = (at: number): boolean => /[\d.eE+-]/.test(String.fromCharCode(text[at] ?? 0));
  let [start, end] = [from, to];
  while (isPart(start - 1)) start -= 1;
  while (isPart(end)) end += 1;
  return [start, end];
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
