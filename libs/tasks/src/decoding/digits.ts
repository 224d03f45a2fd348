import { DecodedTextWriter } from './decoded-text.js';
import type { DecodedText } from './decoded-text.js';
import { unescaped } from './escapes.js';

/** How often base64, hexadecimal digits or lists of numbers are decoded in what was decoded. */
const MAX_DEPTH = 2;

export interface Decoding extends DecodedText {
  /** How many layers of digits were taken off; from 1 on, there are several texts, each with a zero byte behind it. */
  readonly depth: number;
}

/**
 * A text {@link unescaped}, and without each level of digits (base64, hexadecimal, lists of numbers). Work and memory
 * are bounded by a multiple of the text, whatever stands in it.
 * @param shortest bytes of the shortest text that is of interest inside of digits
 */
export function* decodings(text: DecodedText, shortest: number, depth = 0): Generator<Decoding> {
  let plain = text;
  for (plain of unescaped(text)) yield { ...plain, depth };
  if (depth === MAX_DEPTH) return;
  // Once, where no escape is left: none of them has anything to do with digits.
  for (const decode of [decodeDigitRuns, decodeNumberLists])
    for (const decoded of decode(plain, shortest)) yield* decodings(decoded, shortest, depth + 1);
}

/** A value for each byte. @param marks texts whose bytes have a value; without one, each has its place in the text */
function valuesOf(other: number, marks: readonly (readonly [text: string, value?: number])[]): Uint8Array {
  const values = new Uint8Array(256).fill(other);
  for (const [text, value] of marks)
    for (const [at, mark] of Array.from(text).entries()) values[mark.charCodeAt(0)] = value ?? at;
  return values;
}

/** Values of bytes that are no digits. */
const [BREAK, NEWLINE, BLANK, IGNORED] = [64, 65, 66, 67];
/** Decoded together; more only where one run is longer. */
const BATCH_BYTES = 256 * 1024;

/** Digits that stand for bytes: bits of each, value of each byte, and how many digits make whole bytes. */
interface Alphabet {
  readonly bits: number;
  readonly period: number;
  readonly values: Uint8Array;
}

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LETTERS = `${UPPER}${UPPER.toLowerCase()}`;
// `\/` is a digit in JSON.
const NO_DIGITS = [
  ['\r\n', NEWLINE],
  [' \t', BLANK],
  ['\\', IGNORED],
] as const;
const BASE64: Alphabet = {
  bits: 6,
  period: 4,
  values: valuesOf(BREAK, [[`${LETTERS}0123456789+/`], [`${LETTERS}0123456789-_`], ...NO_DIGITS]),
};
const HEX: Alphabet = {
  bits: 4,
  period: 2,
  values: valuesOf(BREAK, [['0123456789abcdef'], ['0123456789ABCDEF'], ...NO_DIGITS]),
};

/** Digits of one alphabet that stand together, be it on several lines. */
interface Run {
  readonly alphabet: Alphabet;
  readonly from: number;
  readonly to: number;
  readonly digits: number;
}

/**
 * What the runs of base64 (either alphabet, with padding or without) and hexadecimal digits in a text stand for, from
 * whichever digit on it was encoded. Several decodings come in one text, with a zero byte behind each.
 * @param shortest bytes; runs that stand for less are left out
 */
function* decodeDigitRuns(source: DecodedText, shortest: number): Generator<DecodedText> {
  let batch: (readonly [Run, number])[] = [];
  let capacity = 0;
  for (const run of findAllRuns(source.bytes, shortest)) {
    for (let skipped = 0; skipped < run.alphabet.period; skipped += 1) {
      batch.push([run, skipped]);
      capacity += Math.ceil((run.digits * run.alphabet.bits) / 8) + 1;
      if (capacity < BATCH_BYTES) continue;
      yield decodeRuns(source, batch, capacity);
      [batch, capacity] = [[], 0];
    }
  }
  if (batch.length > 0) yield decodeRuns(source, batch, capacity);
}

/** All hexadecimal digits are digits of base64 too; a run of nothing else, such as an id, is taken for hexadecimal. */
function* findAllRuns(bytes: Buffer, shortest: number): Generator<Run> {
  for (const run of findRuns(bytes, 0, bytes.length, BASE64, shortest)) {
    const inner = findRuns(bytes, run.from, run.to, HEX, shortest);
    if (inner[0]?.digits !== run.digits) yield run;
    yield* inner;
  }
}

function findRuns(bytes: Buffer, from: number, to: number, alphabet: Alphabet, shortest: number): Run[] {
  const { bits, values } = alphabet;
  const least = Math.ceil((shortest * 8) / bits);
  const runs: Run[] = [];
  let [digits, first, last, wrapped] = [0, 0, 0, false];
  for (let at = from; at <= to; at += 1) {
    const value = at < to ? (values[bytes[at] as number] as number) : BREAK;
    if (value < BREAK) {
      if (digits === 0) first = at;
      digits += 1;
      last = at;
      wrapped = false;
    } else if (value === NEWLINE) {
      wrapped = true;
    } else if (value === BREAK || (value === BLANK && !wrapped)) {
      if (digits >= least) runs.push({ alphabet, from: first, to: last + 1, digits });
      digits = 0;
      wrapped = false;
    }
  }
  return runs;
}

function decodeRuns(source: DecodedText, batch: readonly (readonly [Run, number])[], capacity: number): DecodedText {
  const writer = new DecodedTextWriter(source, capacity);
  for (const [run, skipped] of batch) decodeRun(source.bytes, run, skipped, writer);
  return writer.text();
}

function decodeRun(bytes: Buffer, { alphabet, from, to }: Run, skipped: number, writer: DecodedTextWriter): void {
  const { bits, values } = alphabet;
  let [digits, held, heldBits, before] = [0, 0, 0, from];
  for (let at = from; at < to; at += 1) {
    const value = values[bytes[at] as number] as number;
    if (value >= BREAK) continue;
    digits += 1;
    if (digits <= skipped) continue;
    held = ((held << bits) | value) & 0xfff;
    heldBits += bits;
    if (heldBits >= 8) {
      heldBits -= 8;
      writer.write((held >> heldBits) & 0xff, before, at);
    }
    // The digit that the next byte begins in: this one, if some of its bits are left.
    before = heldBits > 0 ? at : at + 1;
  }
  writer.write(0, from, to - 1);
}

/** What a byte is in a list: the value of a digit, or one of these. */
const [LETTER, SEPARATOR, END] = [16, 17, 18];
const KINDS = valuesOf(END, [
  [LETTERS, LETTER],
  [' \t\r\n,:;.|=_+-', SEPARATOR],
  ['0123456789abcdef'],
  ['0123456789ABCDEF'],
]);
const [ZERO, LOWER_X, UPPER_X] = [0x30, 0x78, 0x58];
/** Letters of `0x4d`. */
const LONGEST = 4;

type NumberList = Pick<Run, 'from' | 'to'> & { readonly numbers: number };

/**
 * What lists of numbers in a text stand for, a byte each: `4d:49`, `0x4D, 0x49` and `=4D=49` as well as `77, 73`. Several
 * lists come in one text, with a zero byte behind each, and one for each number that is no byte.
 * @param shortest numbers; shorter lists are left out
 */
function* decodeNumberLists(source: DecodedText, shortest: number): Generator<DecodedText> {
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
function findLists(bytes: Buffer, shortest: number): NumberList[] {
  const lists: NumberList[] = [];
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

function decodeList(bytes: Buffer, { from, to }: NumberList, radix: number, writer: DecodedTextWriter): void {
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
