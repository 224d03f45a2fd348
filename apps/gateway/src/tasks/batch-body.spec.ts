import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { Problem, problemDocument } from '@gateway/problems';
import { batchBody } from './batch-body.js';
import type { BatchItem } from './batch-body.js';

const CONTEXT = { baseUrl: 'https://tasks.example.com', requestId: 'x', instance: 'urn:uuid:x' };
const task = (value: unknown): BatchItem => {
  const body = JSON.stringify(value);
  return { status: 200, etag: 'W/"1"', body, bytes: Buffer.byteLength(body) };
};
const missing = new Problem('task-not-found', { detail: 'No such task.' });

/** Items that tell how many were taken, and whether somebody waits for more. */
function given(items: readonly BatchItem[]) {
  const seen = { taken: 0, over: false };
  async function* each() {
    try {
      for (const item of items) {
        seen.taken += 1;
        yield item;
      }
    } finally {
      seen.over = true;
    }
  }
  return {
    seen,
    body: batchBody(
      each(),
      items.map((_, place) => `{"id":"${place}"}`),
      CONTEXT,
    ),
  };
}

const read = async (body: string | Readable): Promise<unknown> =>
  JSON.parse(typeof body === 'string' ? body : (await body.toArray()).join(''));

describe('the answer of a batch', () => {
  it('that is short: is one text', async () => {
    const body = await given([task({ id: 'a' }), { status: 404, problem: missing }]).body;
    expect(typeof body).toBe('string');
    expect(await read(body)).toEqual({
      items: [
        { kind: 'task', ref: { id: '0' }, status: 200, etag: 'W/"1"', task: { id: 'a' } },
        { kind: 'problem', ref: { id: '1' }, status: 404, problem: problemDocument(missing, CONTEXT) },
      ],
    });
  });

  it.each(['x', 'ä', '😀', 'x😀', '"\\\n'])(
    'that is long: is a stream that says the same, whatever it is cut at: %j',
    async (text) => {
      const tasks = [{ text: text.repeat(100_000) }, { text: 'y' }, { text: text.repeat(65_536) }];
      const body = await given(tasks.map(task)).body;
      expect(body).toBeInstanceOf(Readable);
      const bytes = Buffer.concat(
        ((await (body as Readable).toArray()) as string[]).map((piece) => Buffer.from(piece)),
      );
      const { items } = JSON.parse(bytes.toString()) as { items: readonly { readonly task: unknown }[] };
      expect(items.map((item) => item.task)).toEqual(tasks);
    },
  );

  it('that nobody reads: takes no more items, and none after it was left', async () => {
    const { seen, body } = given(Array.from({ length: 100 }, () => task('x'.repeat(50_000))));
    const stream = (await body) as Readable;
    stream.read(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual({ taken: expect.any(Number), over: false });
    expect(seen.taken).toBeLessThan(6);
    const before = seen.taken;
    stream.destroy();
    await new Promise((resolve) => stream.once('close', resolve));
    expect(seen).toEqual({ taken: before, over: true });
  });
});
