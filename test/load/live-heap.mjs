// Loaded into a gateway whose heap is measured: answers each message with the bytes that are alive after a collection.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What Node needs to load this file into a program. */
export const LIVE_HEAP_ARGS = ['--expose-gc', '--import', fileURLToPath(import.meta.url)];

/** Bytes that a program holds which was started with {@link LIVE_HEAP_ARGS}. */
export async function liveHeapBytes({ child }) {
  child.send('live heap');
  const [{ bytes }] = await once(child, 'message');
  return bytes;
}

if (globalThis.gc !== undefined)
  process.on('message', () => {
    globalThis.gc();
    process.send({ bytes: process.memoryUsage().heapUsed });
  });
