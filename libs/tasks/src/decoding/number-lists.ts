import { DecodedTextWriter } from './decoded-text.js';
import type { DecodedText } from './decoded-text.js';

/** What a byte is in a list: the value of a digit, or one of these. */
const [LETTER, SEPARATOR, END] = [16, 17, 18];
const KINDS = new Uint8Array(256).fill(END);
const setKinds = (marks: string, kindAt: (at: number) => number): void => {
  for (const [at, mark] of Array.from(marks).entries()) KINDS[mark.charCodeAt(0)] = kindAt(at);
};
setKinds('ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ', () => LETTER);
setKinds(' \t\r\n,:;.|=_+-', () => SEPARATOR);
setKinds('0123456789abcdef', (at) => at);
setKinds('0123456789ABCDEF', (at) => at);

const [ZERO, LOWER_X, UPPER_X] = [0x30, 0x78, 0x58];
/** Letters of `0x4d`. */
const LONGEST = 4;

interface List {
  readonly from: number;
  readonly to: number;
  readonly numbers: number;
}

/**
 * What lists of numbers in a text stand for, a byte each: `4d:49`, `0x4D, 0x49` and `=4D=49` as well as `77, 73`. Several
 * lists come in one text, with a zero byte behind each, and one for each number that is no byte.
 * @param shortest numbers; shorter lists are left out
 */
export function* decodeNumberLists(source: DecodedText, shortest: number): Generator<DecodedText> {
  const lists = findLists(source.bytes, shortest);
  if (lists.length === 0) return;
  const capacity = lists.reduce((sum, { numbers }) => sum + numbers + 1, 0);
  for (const radix of [16, 10]) {
    const writer = new DecodedTextWriter(source, capacity);
    for (const list of lists) decodeList(source.bytes, list, radix, writer);
    yield writer.text();
  }
}

/** Words with nothing but separators between them, each as short as a number. */
function findLists(bytes: Buffer, shortest: number): List[] {
  const lists: List[] = [];
  let [numbers, from, to, word] = [0, 0, 0, 0];
  for (let at = 0; at <= bytes.length; at += 1) {
    const kind = at < bytes.length ? kindAt(bytes, at) : END;
    if (kind <= LETTER) {
      word += 1;
      continue;
    }
    if (word > 0 && word <= LONGEST) {
      if (numbers === 0) from = at - word;
      numbers += 1;
      to = at;
    }
    if (kind === END || word > LONGEST) {
      if (numbers >= shortest) lists.push({ from, to, numbers });
      numbers = 0;
    }
    word = 0;
  }
  return lists;
}

function decodeList(bytes: Buffer, { from, to }: List, radix: number, writer: DecodedTextWriter): void {
  for (let at = from; at < to; at += 1) {
    if (kindAt(bytes, at) > LETTER) continue;
    const start = at;
    while (at < to && kindAt(bytes, at) <= LETTER) at += 1;
    writer.write(byteOf(bytes, start, at, radix), start, at - 1);
  }
  writer.write(0, from, to - 1);
}

/** 0 where it is none. */
function byteOf(bytes: Buffer, start: number, end: number, radix: number): number {
  const second = bytes[start + 1];
  const hasPrefix = radix === 16 && bytes[start] === ZERO && (second === LOWER_X || second === UPPER_X);
  let value = 0;
  for (let at = hasPrefix ? start + 2 : start; at < end; at += 1) {
    const digit = kindAt(bytes, at);
    value = digit < radix ? value * radix + digit : 256;
  }
  return value < 256 ? value : 0;
}

function kindAt(bytes: Buffer, at: number): number {
  return KINDS[bytes[at] as number] as number;
}
