import { expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { mergeLines } from './merge-lines.js';

it('lines of several processes: each passes on whole, also characters that were cut in two, and the last one of who was killed', async () => {
  const written: string[] = [];
  const sources = [new PassThrough(), new PassThrough()] as const;
  for (const source of sources) mergeLines(source, { write: (text) => void written.push(text) });
  const [one, other] = sources;
  const euro = Buffer.from('€');
  const pieces: readonly (readonly [PassThrough, string | Buffer])[] = [
    [one, 'a'],
    [other, 'x\ny'],
    [one, euro.subarray(0, 1)],
    [other, '\n'],
    [one, euro.subarray(1)],
    [one, 'b\nc\nhal'],
    [other, 'z'],
    [one, 'f'],
  ];
  for (const [source, piece] of pieces) {
    source.write(piece);
    await new Promise((read) => setImmediate(read));
  }
  expect(written).toEqual(['x\n', 'y\n', 'a€b\nc\n']);
  for (const source of sources) {
    source.end();
    await new Promise((ended) => source.once('end', ended));
  }
  expect(written.slice(3)).toEqual(['half\n', 'z\n']);
});
