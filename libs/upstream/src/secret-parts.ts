import { decodings, original } from '@gateway/tasks';
import type { Range } from '@gateway/tasks';

/** Whole secrets that are shorter are too likely to be ordinary words. */
const MIN_LENGTH = 8;
/** This much of a secret is a secret, whichever part of it. */
const PART = 16;
/** What is looked for first: every part of a secret holds one of its blocks whole. */
const BLOCK = 6;

/** One form of a secret, and the bytes of its shortest part that counts. */
interface Form {
  readonly bytes: Buffer;
  readonly part: number;
}

/**
 * Finds parts of secrets in decoded texts. The time for a text depends on its length only: a table of blocks tells
 * where to look, and each place is looked at once.
 */
export class SecretParts {
  private readonly forms: readonly Form[];
  private readonly hashes = new Set<number>();
  /** Tells of nearly all texts that their hash is none of these. */
  private readonly marks: Uint8Array;
  private readonly shift: number;
  private parts: ReadonlyMap<number, ReadonlySet<string>> | null = null;

  constructor(secrets: readonly string[]) {
    this.forms = secrets.filter(({ length }) => length >= MIN_LENGTH).flatMap(formsOf);
    for (const form of this.forms) this.addHashes(form);
    const bits = Math.max(8, 38 - Math.clz32(this.hashes.size));
    this.shift = 32 - bits;
    this.marks = new Uint8Array(2 ** bits);
    for (const hash of this.hashes) this.marks[imul(hash, SPREAD) >>> this.shift] = 1;
  }

  /** Bytes of the shortest part that counts; infinite where there are no secrets. */
  get shortest(): number {
    return Math.min(...this.forms.map(({ part }) => part));
  }

  /** Whether a part stands anywhere. */
  isIn(text: Buffer): boolean {
    return this.find(text, 1).length > 0;
  }

  /** Where parts stand, in order; those that touch are one. */
  find(text: Buffer, atMost = Infinity): Range[] {
    const found: [number, number][] = [];
    let next = 0;
    for (let at = this.blockEnd(text, 0); at < text.length; at = this.blockEnd(text, at + 1)) {
      const from = Math.max(next, at + 1 - PART);
      next = Math.max(next, at + 2 - BLOCK);
      for (let start = from; start < next; start += 1) {
        const end = start + this.lengthAt(text, start);
        const last = found.at(-1);
        if (end === start) continue;
        if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
        else found.push([start, end]);
        if (found.length >= atMost) return found;
      }
    }
    return found;
  }

  /** Where the first block ends that ends at a place or behind it; the length of the text if none does. */
  private blockEnd(text: Buffer, from: number): number {
    const { hashes, marks, shift } = this;
    let hash = 0;
    for (let at = Math.max(0, from + 1 - BLOCK); at < from; at += 1) hash = shiftIn(hash, text[at] as number);
    for (let at = from; at < text.length; at += 1) {
      hash = shiftIn(hash, text[at] as number);
      if (marks[imul(hash, SPREAD) >>> shift] === 1 && hashes.has(hash)) return at;
    }
    return text.length;
  }

  private addHashes({ bytes, part }: Form): void {
    for (let start = 0; start + BLOCK <= bytes.length; start += part - BLOCK + 1) {
      let hash = 0;
      for (let at = start; at < start + BLOCK; at += 1) hash = shiftIn(hash, bytes[at] as number);
      this.hashes.add(hash);
    }
  }

  /** Length of the longest part that begins here; 0 if none does. */
  private lengthAt(text: Buffer, start: number): number {
    let longest = 0;
    for (const [length, parts] of (this.parts ??= partsOf(this.forms)))
      if (length > longest && parts.has(text.toString('latin1', start, start + length))) longest = length;
    return longest;
  }
}

const SPREAD = 0x9e3779b1;
/** Looked up once: where the global object is a test's, each look costs more than all the rest. */
const { imul } = Math;

/** Holds the last six bytes, five bits apart: earlier ones leave by themselves. */
function shiftIn(hash: number, byte: number): number {
  return ((hash << 5) ^ byte) & 0x3fffffff;
}

/** A secret as it is, as forms spell its blanks, and without what looks like an escape in it. */
function formsOf(secret: string): readonly Form[] {
  // Nobody can tell a backslash at the end from the escape of what follows.
  const asItIs = Buffer.from(secret.replace(/\\+$/, ''));
  const forms: Buffer[] = [];
  for (const start of new Set([asItIs.toString(), asItIs.toString().replaceAll(' ', '+')]))
    for (const { bytes, depth } of decodings(original(Buffer.from(start), false), Infinity))
      if (depth === 0) forms.push(bytes);
  return forms
    .filter(({ length }) => length >= BLOCK)
    .map((bytes) => {
      // What decoding takes out of a secret may be missing in its parts.
      const lost = Buffer.byteLength(secret) - bytes.length;
      return { bytes, part: Math.min(bytes.length, Math.max(BLOCK, PART - lost)) };
    });
}

function partsOf(forms: readonly Form[]): ReadonlyMap<number, ReadonlySet<string>> {
  const parts = new Map<number, Set<string>>();
  for (const { bytes, part } of forms) {
    const known = parts.get(part) ?? new Set<string>();
    for (let start = 0; start + part <= bytes.length; start += 1)
      known.add(bytes.toString('latin1', start, start + part));
    parts.set(part, known);
  }
  return parts;
}
