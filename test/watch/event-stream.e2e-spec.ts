import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connectAndWrite } from '../support/sockets.js';
import { eventually } from '../support/eventually.js';
import { openStream } from '../support/stream-reader.js';
import { startStreamServer, TestSource } from './support/stream-server.js';
import type { StreamServer } from './support/stream-server.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Parameters<typeof startStreamServer>[0] = {}): Promise<StreamServer> {
  const server = await startStreamServer(options);
  cleanups.push(server.close);
  return server;
}

/** A stream, from both sides. */
async function open(server: StreamServer, reads = true) {
  const [stream, reader] = await Promise.all([server.next(), openStream(server.port, { path: '/' }, reads)]);
  cleanups.push(reader.close);
  return { stream, reader };
}

const frame = (text: string): string => `event: task\ndata: ${JSON.stringify(text)}\n\n`;
const MEBIBYTE = 1_048_576;
/** More than the network takes ahead of its reader. */
const LARGE = 'ä'.repeat(8 * MEBIBYTE);

describe('head of a stream', () => {
  it('nothing to say yet: sent at once, with the headers of the reply', async () => {
    const { reader } = await open(await start());
    await eventually(() => reader.retries.length > 0);
    expect(reader.status).toBe(200);
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': 'r1',
      'access-control-allow-origin': 'https://app.example.com',
    });
    expect(reader.text()).toBe('retry: 2000\n\n');
  });

  it('the request’s headers, with its credentials: not kept', async () => {
    const { stream } = await open(await start());
    const { raw } = stream.reply.request;
    expect([raw.headers, raw.rawHeaders]).toEqual([{}, []]);
  });
});

describe('frames of a stream', () => {
  it('bytes and texts: arrive in order', async () => {
    const { stream, reader } = await open(await start());
    const source = new TestSource();
    source.newest = [Buffer.from(frame('one'))];
    stream.offer(source);
    source.newest = ['event: task\ndata: "t', Buffer.from('wo"\n\n')];
    stream.offer(source);
    expect(await reader.data('task', 2)).toEqual(['one', 'two']);
    stream.end('done');
    expect(await reader.ended).toBe(true);
    expect(await reader.data('end')).toEqual([{ kind: 'end', reason: 'done' }]);
    expect(stream.closed).toBe(1);
  });

  it('reader behind: each source is asked for its newest once the reader has caught up', async () => {
    const { stream, reader } = await open(await start(), false);
    const [large, one, other] = [new TestSource(), new TestSource(), new TestSource()];
    large.newest = [frame(LARGE)];
    stream.offer(large);
    for (let version = 0; version < 1000; version += 1)
      for (const source of [one, other]) {
        source.newest = [frame(`version ${version}`)];
        stream.offer(source);
      }
    expect([one.taken, other.taken]).toEqual([0, 0]);
    stream.end('done');
    reader.message.resume();
    expect(await reader.ended).toBe(true);
    const [first, ...rest] = await reader.data('task', 3);
    expect(first === LARGE).toBe(true);
    expect(rest).toEqual(['version 999', 'version 999']);
    expect(await reader.data('end')).toEqual([{ kind: 'end', reason: 'done' }]);
  });

  it('end right behind a frame that the network has not taken yet: comes once', async () => {
    const { stream, reader } = await open(await start());
    const source = new TestSource();
    source.newest = [Buffer.from(frame('x'.repeat(100_000)))];
    stream.offer(source);
    stream.end('rotate');
    expect(await reader.ended).toBe(true);
    expect(reader.events.map(({ event }) => event)).toEqual(['task', 'end']);
  });

  it('large text, reader that does not read: taken in pieces', async () => {
    const { stream } = await open(await start(), false);
    const large = new TestSource();
    large.newest = [frame(LARGE)];
    stream.offer(large);
    expect(stream.reply.raw.writableLength).toBeLessThan(MEBIBYTE);
  });

  it.each(['rotate', 'shutdown', 'credentials-expired'] as const)(
    'end for %s in the middle of a large text: that comes whole, and nothing that waited',
    async (reason) => {
      const { stream, reader } = await open(await start(), false);
      const [large, other] = [new TestSource(), new TestSource()];
      large.newest = [frame(LARGE)];
      stream.offer(large);
      stream.offer(other);
      stream.end(reason);
      stream.end('done');
      stream.offer(large);
      reader.message.resume();
      expect(await reader.ended).toBe(true);
      expect((await reader.data('task')).map((text) => text === LARGE)).toEqual([true]);
      expect(await reader.data('end')).toEqual([{ kind: 'end', reason }]);
      expect(other.taken).toBe(0);
    },
  );
});

describe('reader that is gone', () => {
  it('tells the stream once; what is offered then is not taken', async () => {
    const { stream, reader } = await open(await start());
    reader.close();
    await eventually(() => stream.closed > 0);
    const source = new TestSource();
    stream.offer(source);
    stream.end('done');
    expect([stream.closed, stream.isClosed, source.taken, stream.endReason]).toEqual([1, true, 0, null]);
  });

  it('behind another stream on its connection, whose turn has not come: told, too', async () => {
    const server = await start();
    const socket = await connectAndWrite(server.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2));
    await eventually(() => server.streams.length === 2);
    socket.destroy();
    await eventually(() => server.streams.every(({ closed }) => closed === 1));
    expect(server.streams.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  });

  it.each([
    ['more than its network takes', LARGE],
    ['what its network has taken', 'x'.repeat(MEBIBYTE)],
  ])('takes nothing of %s for server.stallSeconds, in spite of heartbeats: cut off', async (_, text) => {
    const server = await start({ server: { stallSeconds: 2 }, streams: { heartbeatSeconds: 0.1 } });
    const { stream } = await open(server, false);
    const large = new TestSource();
    large.newest = [Buffer.from(frame(text))];
    const closed = once(stream.reply.raw, 'close');
    stream.offer(large);
    await closed;
    expect(stream.closed).toBe(1);
  });

  it('takes nothing of what its network has taken, and is told more all the time: cut off', async () => {
    const { stream } = await open(await start({ server: { stallSeconds: 2 } }), false);
    const source = new TestSource();
    source.newest = [frame('x'.repeat(MEBIBYTE))];
    const closed = once(stream.reply.raw, 'close');
    stream.offer(source);
    source.newest = [frame('more')];
    const telling = setInterval(() => stream.offer(source), 50);
    cleanups.push(() => clearInterval(telling));
    await closed;
    expect(stream.closed).toBe(1);
  });

  it('takes all, and is told nothing but heartbeats for longer than server.stallSeconds: not cut off', async () => {
    const server = await start({ server: { stallSeconds: 0.5 }, streams: { heartbeatSeconds: 0.1 } });
    const { stream, reader } = await open(server);
    await eventually(() => reader.comments.length >= 4);
    expect(stream.closed).toBe(0);
  });
});
