import { Readable } from 'node:stream';

/** UTF-16 units of a text that are handed to the network at once; longer ones go in pieces. */
export const PIECE_LENGTH = 131_072;

/** A long text in UTF-8, made as its reader takes it: whole, each reader that does not read would hold all of it once more. */
export function streamOf(text: string): Readable {
  return Readable.from(buffers(text), { objectMode: false });
}

function* buffers(text: string): Generator<Buffer> {
  for (const piece of piecesOf(text, PIECE_LENGTH)) yield Buffer.from(piece);
}

/** Cuts a text into pieces of at most so many UTF-16 units, at least 2; characters of two units stay whole. */
export function* piecesOf(text: string, length: number): Generator<string> {
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = start + length;
    if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1;
    yield text.slice(start, end);
  }
}
