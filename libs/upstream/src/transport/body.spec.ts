import { expect, it } from '@jest/globals';
import { BodyReader } from './body.js';

it('body of single bytes: held in little more than its size', async () => {
  const size = 1_000_000;
  const before = process.memoryUsage();
  const body = await new Promise<Buffer>((done, failed) => {
    const reader = new BodyReader({ encoding: '', limit: size, done, failed, drained: () => undefined });
    for (let count = 0; count < size; count += 1) reader.write(Buffer.of(count % 256));
    reader.end();
  });
  expect(body.length).toBe(size);
  expect(body.every((byte, index) => byte === index % 256)).toBe(true);
  // A buffer for each byte would hold about a hundred times as much.
  const after = process.memoryUsage();
  expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(20 * size);
});

it('small and large pieces: kept in order', async () => {
  const pieces = [1, 9_000, 3, 20_000, 16_384, 8_191, 8_191, 8_191].map((length, index) => Buffer.alloc(length, index));
  const body = await new Promise<Buffer>((done, failed) => {
    const reader = new BodyReader({ encoding: '', limit: 1e6, done, failed, drained: () => undefined });
    for (const piece of pieces) reader.write(piece);
    reader.end();
  });
  expect(body.equals(Buffer.concat(pieces))).toBe(true);
});
