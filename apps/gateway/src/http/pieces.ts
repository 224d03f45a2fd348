import { Readable } from 'node:stream';

/** UTF-16 units of a text that are handed to the network at once; longer ones go in pieces. */
export const PIECE_LENGTH = 131_072;

/** A long text in UTF-8, made as its reader takes it: whole, each reader that does not read would hold all of it once more. */
export function piecesOf(text: string): Readable {
  return Readable.from(cut(text), { objectMode: false });
}

function* cut(text: string): Generator<Buffer> {
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = start + PIECE_LENGTH;
    // Characters of two units stay whole.
    if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end += 1;
    yield Buffer.from(text.slice(start, end));
  }
}
