import { cut, roomFor } from './spelled.js';
import type { Spelled } from './spelled.js';

/** Values of bytes that are no digits. */
const [BREAK, NEWLINE, BLANK, IGNORED] = [64, 65, 66, 67];
/** Decoded together; more only where one run is longer. */
const BATCH_BYTES = 256 * 1024;

/** Digits that spell bytes: bits of each, value of each byte, and how many digits make whole bytes. */
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
  readonly from: number;
  readonly to: number;
  readonly digits: number;
}

/**
 * What the runs of base64 (either alphabet, with padding or without) and hexadecimal digits in a text spell, wherever in
 * them the spelling begins. Several decodings come in one text, with a zero byte behind each.
 * @param shortest bytes; runs that spell less are left out
 */
export function* decodeRuns(source: Spelled, shortest: number): Generator<Spelled> {
  let batch: (readonly [Alphabet, Run, number])[] = [];
  let capacity = 0;
  for (const [kind, run] of findAll(source, shortest)) {
    for (let skipped = 0; skipped < kind.period; skipped += 1) {
      batch.push([kind, run, skipped]);
      capacity += Math.ceil((run.digits * kind.bits) / 8) + 1;
      if (capacity < BATCH_BYTES) continue;
      yield decode(source, batch, capacity);
      [batch, capacity] = [[], 0];
    }
  }
  if (batch.length > 0) yield decode(source, batch, capacity);
}

/** All hexadecimal digits are digits of base64 too; a run of nothing else, such as an id, is taken for hexadecimal. */
function* findAll({ bytes }: Spelled, shortest: number): Generator<readonly [Alphabet, Run]> {
  for (const run of findRuns(bytes, 0, bytes.length, BASE64, shortest)) {
    const inner = findRuns(bytes, run.from, run.to, HEX, shortest);
    if (inner[0]?.digits !== run.digits) yield [BASE64, run];
    for (const hex of inner) yield [HEX, hex];
  }
}

function findRuns(bytes: Buffer, from: number, to: number, { bits, values }: Alphabet, shortest: number): Run[] {
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
      if (digits >= least) runs.push({ from: first, to: last + 1, digits });
      digits = 0;
      wrapped = false;
    }
  }
  return runs;
}

function decode(source: Spelled, batch: readonly (readonly [Alphabet, Run, number])[], capacity: number): Spelled {
  const room = roomFor(capacity, source);
  let size = 0;
  for (const [kind, run, skipped] of batch) size = decodeRun(source, kind, run, skipped, room, size);
  return cut(room, size);
}

function decodeRun(source: Spelled, kind: Alphabet, run: Run, skipped: number, room: Spelled, begin: number): number {
  const { bits, values } = kind;
  const { bytes: out, starts, ends } = room;
  let size = begin;
  let [digits, held, heldBits, before] = [0, 0, 0, run.from];
  for (let at = run.from; at < run.to; at += 1) {
    const value = values[source.bytes[at] as number] as number;
    if (value >= BREAK) continue;
    digits += 1;
    if (digits <= skipped) continue;
    held = ((held << bits) | value) & 0xfff;
    heldBits += bits;
    if (heldBits >= 8) {
      heldBits -= 8;
      out[size] = (held >> heldBits) & 0xff;
      if (starts !== null && ends !== null) {
        starts[size] = source.starts?.[before] ?? 0;
        ends[size] = source.ends?.[at] ?? 0;
      }
      size += 1;
    }
    // The digit that the next byte begins in: this one, if some of its bits are left.
    before = heldBits > 0 ? at : at + 1;
  }
  out[size] = 0;
  if (starts !== null && ends !== null) {
    starts[size] = source.starts?.[run.from] ?? 0;
    ends[size] = source.ends?.[run.to - 1] ?? 0;
  }
  return size + 1;
}
