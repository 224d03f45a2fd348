import { liveHeapBytes, untilQuiet } from './probe.mjs';
import { figure, table } from './table.mjs';

/** Connections that are made and cut, and what of each is left in a server after a collection: in all, and in the second half. */
export async function churn(readers, { name, server }, job, { quick }) {
  const half = quick ? 1_000 : 5_000;
  const heapAfter = async (count) => {
    await readers.churn({ url: server.url, count, ...job });
    await untilQuiet(server);
    return liveHeapBytes(server);
  };
  await readers.reset();
  const start = await heapAfter(half);
  const middle = await heapAfter(half);
  const end = await heapAfter(half);
  const { failed } = await readers.counts();
  return { name, count: 2 * half, failed, bytes: (end - start) / (2 * half), laterBytes: (end - middle) / half };
}

churn.text = (rows) =>
  table([
    ['connections made and cut', 'of', 'heap left, bytes each', 'of the second half, bytes each'],
    ...rows.map(({ name, count, failed, bytes, laterBytes }) => [
      failed === 0 ? name : `${name} (**${failed} failed**)`,
      count.toLocaleString('en'),
      figure(bytes),
      figure(laterBytes),
    ]),
  ]);
