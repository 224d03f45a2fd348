import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { PIECE_LENGTH, streamOf } from './hooks.js';

describe('a text in pieces', () => {
  it.each([
    ['ASCII', 'a'],
    ['two bytes', 'é'],
    ['three bytes', '任'],
    ['four bytes', '😀'],
    ['half a character', '\ud83d'],
  ])('is what it is as a whole, made of %s', async (_, character) => {
    for (const shift of ['', 'x']) {
      const text = shift + character.repeat(PIECE_LENGTH + 1);
      expect((await buffer(streamOf(text))).equals(Buffer.from(text))).toBe(true);
    }
  });

  it('is made no further than it is read', async () => {
    const text = 'x'.repeat(100 * PIECE_LENGTH);
    const pieces = streamOf(text);
    const first = (await pieces[Symbol.asyncIterator]().next()).value as Buffer;
    expect(first.length).toBe(PIECE_LENGTH);
    expect(pieces.readableLength).toBeLessThanOrEqual(2 * PIECE_LENGTH);
    pieces.destroy();
  });
});
