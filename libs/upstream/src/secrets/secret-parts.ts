import { original, unescaped } from '@gateway/tasks';
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
  /** Bytes of a character: a part begins with one. */
  readonly unit: number;
}

/** Gone with the list itself: no caller's token is kept for longer than its request. */
const PARTS = new WeakMap<readonly string[], SecretParts>();

/**
 * Finds parts of secrets in decoded texts. The time for a text depends on its length only: a table of blocks tells
 * where to look, and each place is looked at once.
 */
export class SecretParts {
  /** Bytes of the shortest part that counts; infinite where there are no secrets. */
  readonly shortest: number;
  private readonly forms: readonly Form[];
  /** Of parts, the longest first. */
  private readonly lengths: readonly number[];
  private readonly hashes = new Set<number>();
  /** Tells of nearly all texts that their hash is none of these. */
  private readonly marks: Uint8Array;
  private readonly shift: number;
  private parts: ReadonlyMap<number, ReadonlySet<string>> | null = null;

  constructor(secrets: readonly string[]) {
    this.forms = secrets.filter(({ length }) => length >= MIN_LENGTH).flatMap(formsOf);
    this.lengths = [...new Set(this.forms.map(({ part }) => part))].toSorted((one, other) => other - one);
    this.shortest = this.lengths.at(-1) ?? Infinity;
    for (const form of this.forms) this.addHashes(form);
    const bits = Math.max(8, 38 - Math.clz32(this.hashes.size));
    this.shift = 32 - bits;
    this.marks = new Uint8Array(2 ** bits);
    for (const hash of this.hashes) this.marks[imul(hash, SPREAD) >>> this.shift] = 1;
  }

  /** The parts of secrets, made once for a list: whoever holds it sends it with several requests. */
  static of(secrets: readonly string[]): SecretParts {
    const known = PARTS.get(secrets) ?? new SecretParts(secrets);
    PARTS.set(secrets, known);
    return known;
  }

  /** Whether a part stands anywhere. */
  isIn(text: Buffer): boolean {
    return this.find(text, 1).length > 0;
  }

  /** Where parts stand, in order; those that touch are one. */
  find(text: Buffer, atMost = Infinity): Range[] {
    const found: [number, number][] = [];
    const [longest = 0] = this.lengths;
    let next = 0;
    for (let at = this.blockEnd(text, 0); at < text.length; at = this.blockEnd(text, at + 1)) {
      const from = Math.max(next, at + 1 - longest);
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
    for (let start = 0; start + BLOCK <= bytes.length; start += part - BLOCK + 1) this.hashes.add(hashAt(bytes, start));
  }

  /** Length of the longest part that begins here; 0 if none does. */
  private lengthAt(text: Buffer, start: number): number {
    const parts = (this.parts ??= partsOf(this.forms)).get(hashAt(text, start));
    if (parts === undefined) return 0;
    const isPart = (length: number): boolean =>
      start + length <= text.length && parts.has(text.toString('latin1', start, start + length));
    return this.lengths.find(isPart) ?? 0;
  }
}

const SPREAD = 0x9e3779b1;
/** Looked up once: where the global object is a test's, each look costs more than all the rest. */
const { imul } = Math;

/** Holds the last six bytes, five bits apart: earlier ones leave by themselves. */
function shiftIn(hash: number, byte: number): number {
  return ((hash << 5) ^ byte) & 0x3fffffff;
}

/** Of the block that begins here. */
function hashAt(text: Buffer, start: number): number {
  let hash = 0;
  for (let at = start; at < start + BLOCK; at += 1) hash = shiftIn(hash, text[at] ?? 0);
  return hash;
}

/** A secret as it is, as other charsets and writings spell it, and without what looks like an escape in it. */
function formsOf(secret: string): readonly Form[] {
  // Nobody can tell a backslash at the end from the escape of what follows.
  const text = secret.replace(/\\+$/, '');
  const utf8 = Buffer.from(text);
  // Without its last zero, so that it is found in either order of bytes.
  const forms: Form[] = [{ bytes: Buffer.from(text, 'utf16le').subarray(0, -1), part: 2 * PART - 1, unit: 2 }];
  const spellings = [text, text.replaceAll(' ', '+'), quotedPrintable(utf8), utf8.toString('latin1')];
  for (const spelled of new Set(spellings))
    for (const { bytes } of unescaped(original(Buffer.from(spelled), false)))
      // What decoding takes out of a secret may be missing in its parts.
      forms.push({ bytes, part: Math.min(PART, Math.max(BLOCK, PART - (utf8.length - bytes.length))), unit: 1 });
  if (utf8.length !== text.length) forms.push({ bytes: Buffer.from(text, 'latin1'), part: PART, unit: 1 });
  return forms
    .filter(({ bytes: { length } }) => length >= BLOCK)
    .map((form) => ({ ...form, part: Math.min(form.bytes.length, form.part) }));
}

/** As mail writes text (RFC 2045), but for ends of lines. */
function quotedPrintable(utf8: Buffer): string {
  return utf8
    .toString('latin1')
    .replace(/[=\x7f-\xff]/g, (mark) => `=${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** All parts, by the hash of their first block. */
function partsOf(forms: readonly Form[]): ReadonlyMap<number, ReadonlySet<string>> {
  const parts = new Map<number, Set<string>>();
  for (const { bytes, part, unit } of forms)
    for (let start = 0; start + part <= bytes.length; start += unit) {
      const hash = hashAt(bytes, start);
      const known = parts.get(hash) ?? new Set();
      parts.set(hash, known.add(bytes.toString('latin1', start, start + part)));
    }
  return parts;
}
