import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { openStream } from '../support/stream-reader.js';
import { startStreamServer, TestSource } from './support/stream-server.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(options: Parameters<typeof startStreamServer>[0] = {}, count = 1) {
  const server = await startStreamServer(options);
  cleanups.push(server.close);
  const readers = await Promise.all(Array.from({ length: count }, () => openStream(server.port, { path: '/' })));
  cleanups.push(() => readers.forEach(({ close }) => close()));
  return { server, readers };
}

describe('open streams', () => {
  it('silence: a comment, again and again', async () => {
    const { readers } = await open({ streams: { heartbeatSeconds: 0.1 } }, 300);
    await eventually(() => readers.every(({ comments }) => comments.length >= 2));
    expect(new Set(readers.map(({ text }) => text().replaceAll(':\n\n', '')))).toEqual(new Set(['retry: 2000\n\n']));
  });

  it.each([
    ['life over', null, 'rotate'],
    ['credentials that end', 500, 'credentials-expired'],
  ])('%s: %p ms of the caller left, ends as %s', async (_, callerMs, reason) => {
    const { readers } = await open({ streams: { lifeSeconds: callerMs === null ? 0.5 : 3_000 }, callerMs });
    expect(await Promise.all(readers.map(({ ended }) => ended))).toEqual([true]);
    expect(await readers[0]?.data('end')).toEqual([{ kind: 'end', reason }]);
  });

  it('shutdown: each is told to come again, not all at once, and ends', async () => {
    const { server, readers } = await open({}, 600);
    await server.open.beforeApplicationShutdown();
    const ended = await Promise.all(readers.map(({ ended }) => ended));
    expect(new Set(ended)).toEqual(new Set([true]));
    for (const reader of readers) expect(await reader.data('end')).toEqual([{ kind: 'end', reason: 'shutdown' }]);
    const retries = readers.map((reader) => reader.retries[1] ?? 0);
    expect(Math.min(...retries)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...retries)).toBeLessThan(5_000);
    expect(new Set(retries).size).toBeGreaterThan(100);
  });

  it('one that begins after the shutdown: ends at once', async () => {
    const { server, readers } = await open();
    await server.open.beforeApplicationShutdown();
    await readers[0]?.ended;
    const late = await openStream(server.port, { path: '/' });
    expect(await late.ended).toBe(true);
    expect(await late.data('end')).toEqual([{ kind: 'end', reason: 'shutdown' }]);
  });

  it('the last one closed: no timer is left', async () => {
    const { server, readers } = await open({}, 3);
    expect(server.open.isIdle).toBe(false);
    readers[0]?.close();
    for (const stream of server.streams.slice(1)) stream.end('done');
    await eventually(() => server.open.isIdle);
  });

  it('lives: spread over the last fifth', async () => {
    const { server } = await open({ streams: { lifeSeconds: 100 } });
    const lives = Array.from({ length: 1000 }, () => server.open.newLife(null).ms);
    expect(Math.min(...lives)).toBeGreaterThanOrEqual(80_000);
    expect(Math.max(...lives)).toBeLessThanOrEqual(100_000);
    expect(Math.max(...lives) - Math.min(...lives)).toBeGreaterThan(10_000);
  });

  it('reader behind: gets no comments on top of what it does not take', async () => {
    const server = await startStreamServer({ streams: { heartbeatSeconds: 0.1 } });
    cleanups.push(server.close);
    const [stream, reader] = await Promise.all([server.next(), openStream(server.port, { path: '/' }, false)]);
    cleanups.push(reader.close);
    const large = new TestSource();
    large.newest = [Buffer.from(`data: ${'x'.repeat(16_777_216)}\n\n`)];
    stream.offer(large);
    const length = stream.reply.raw.writableLength;
    // Another stream shows that there were heartbeats meanwhile.
    const witness = await openStream(server.port, { path: '/' });
    cleanups.push(witness.close);
    await eventually(() => witness.comments.length >= 2);
    expect(stream.reply.raw.writableLength).toBeLessThanOrEqual(length);
  });
});
