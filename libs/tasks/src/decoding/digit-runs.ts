import { DecodedTextWriter } from './decoded-text.js';
import type { DecodedText } from './decoded-text.js';

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

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const BASE64 = alphabet(
  6,
  4,
  ['+/', '-_'].map((marks) => `${LETTERS}${LETTERS.toLowerCase()}0123456789${marks}`),
);
const HEX = alphabet(4, 2, ['0123456789abcdef', '0123456789ABCDEF']);

/** @param spellings of all digits, in the order of their values */
function alphabet(bits: number, period: number, spellings: readonly string[]): Alphabet {
  const values = new Uint8Array(256).fill(BREAK);
  const set = (characters: string, valueAt: (at: number) => number): void => {
    for (const [at, character] of Array.from(characters).entries()) values[character.charCodeAt(0)] = valueAt(at);
  };
  for (const digits of spellings) set(digits, (at) => at);
  set('\r\n', () => NEWLINE);
  set(' \t', () => BLANK);
  // `\/` is a digit in JSON.
  set('\\', () => IGNORED);
  return { bits, period, values };
}

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
export function* decodeDigitRuns(source: DecodedText, shortest: number): Generator<DecodedText> {
  let batch: (readonly [Run, number])[] = [];
  let capacity = 0;
  for (const run of findAllRuns(source.bytes, shortest)) {
    for (let skipped = 0; skipped < run.alphabet.period; skipped += 1) {
      batch.push([run, skipped]);
      capacity += Math.ceil((run.digits * run.alphabet.bits) / 8) + 1;
      if (capacity < BATCH_BYTES) continue;
      yield decodeBatch(source, batch, capacity);
      [batch, capacity] = [[], 0];
    }
  }
  if (batch.length > 0) yield decodeBatch(source, batch, capacity);
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

function decodeBatch(source: DecodedText, batch: readonly (readonly [Run, number])[], capacity: number): DecodedText {
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
