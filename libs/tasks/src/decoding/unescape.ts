import { AMPERSAND, BACKSLASH, escapeAt, PERCENT } from './escapes.js';
import { cut, roomFor } from './spelled.js';
import type { Spelled } from './spelled.js';

const MARKS = [PERCENT, AMPERSAND, BACKSLASH];
const IS_MARK = Uint8Array.from({ length: 256 }, (_, byte) => Number(MARKS.includes(byte)));

/**
 * Takes one level of the escapes of JSON, URLs and HTML back.
 * @returns the source itself where there is none
 */
export function unescape(source: Spelled): Spelled {
  const { bytes } = source;
  if (!MARKS.some((mark) => bytes.includes(mark))) return source;
  const room = roomFor(bytes.length, source);
  const { bytes: out, starts, ends } = room;
  let size = 0;
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] as number;
    // Most bytes are no escape, and most texts are without places.
    if (IS_MARK[byte] === 0 && starts === null) {
      out[size] = byte;
      size += 1;
      at += 1;
      continue;
    }
    const escape = IS_MARK[byte] === 0 ? null : escapeAt(bytes, at);
    const from = size;
    const next = at + (escape?.length ?? 1);
    if (escape === null || escape.isByte) {
      out[size] = escape?.code ?? byte;
      size += 1;
    } else {
      size = writeCodePoint(out, size, escape.code);
    }
    if (starts !== null && ends !== null) {
      starts.fill(source.starts?.[at] ?? 0, from, size);
      ends.fill(source.ends?.[next - 1] ?? 0, from, size);
    }
    at = next;
  }
  // Every escape is longer than what it stands for.
  return size === bytes.length ? source : cut(room, size);
}

/** UTF-8; a half of a surrogate pair too. Returns the end. */
function writeCodePoint(out: Buffer, at: number, code: number): number {
  const more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  out[at] = more === 0 ? code : ([0xc0, 0xe0, 0xf0][more - 1] ?? 0) | (code >> (6 * more));
  for (let next = 1; next <= more; next += 1) out[at + next] = 0x80 | ((code >> (6 * (more - next))) & 0x3f);
  return at + more + 1;
}
