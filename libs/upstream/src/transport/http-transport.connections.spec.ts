import { beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { UNREACHABLE, failureIn, head, transportTests, whole } from './testing/transport-tests.js';

const { listen, listenRaw, sockets, closedAddress, replaceTransport, connectionsClosed, send } = transportTests();

describe('an upstream that cannot be reached', () => {
  it('a connection that is refused: fails as unreachable, also for a POST', async () => {
    const url = await closedAddress();
    expect(await failureIn(send(url))).toMatchObject({
      ...UNREACHABLE,
      message: 'The upstream refused the connection.',
    });
    expect(await failureIn(send(url, { method: 'POST' }))).toMatchObject(UNREACHABLE);
  });

  it('a name that does not exist: fails as unreachable', async () => {
    expect(await failureIn(send(new URL('http://cloud.invalid/v1')))).toMatchObject(UNREACHABLE);
  });

  it('a handshake that never ends: fails as unreachable in time', async () => {
    await replaceTransport({ connectMs: 30 });
    const url = await listen(net.createServer());
    url.protocol = 'https:';
    expect(await failureIn(send(url))).toMatchObject({
      ...UNREACHABLE,
      message: 'The upstream did not accept the connection in time.',
    });
  });
});

describe('an upstream that is too slow', () => {
  it('no answer: fails at the end of the attempt, and the connection is closed', async () => {
    const url = await listenRaw(() => {});
    const slow = await failureIn(send(url, {}, { attemptMs: 50 }));
    expect(slow).toMatchObject({ slug: 'upstream-timeout', retry: 'never' });
    await connectionsClosed();
  });

  it('a body that comes a byte at a time: fails at the end of the attempt, and the connection is closed', async () => {
    const url = await listenRaw((socket) => {
      socket.write(head('Content-Length: 1000000'));
      const drip = setInterval(() => socket.write('.'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await failureIn(send(url, {}, { attemptMs: 100 }))).toMatchObject({ slug: 'upstream-timeout' });
    await connectionsClosed();
  });
});

describe('a reply that breaks off', () => {
  it.each([
    [
      'reset in the body',
      (socket: Socket) => socket.write(head('Content-Length: 9') + '{', () => socket.resetAndDestroy()),
    ],
    ['closed before Content-Length', (socket: Socket) => socket.end(head('Content-Length: 9') + '{')],
    [
      'closed as announced, but early',
      (socket: Socket) => socket.end(head('Content-Length: 9', 'Connection: close') + '{'),
    ],
    [
      'closed between chunks',
      (socket: Socket) => socket.end(head('Transfer-Encoding: chunked', 'Connection: close') + '1\r\n{\r\n'),
    ],
    ['closed in the headers', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nX-A')],
    ['closed without a byte', (socket: Socket) => socket.end()],
  ])('%s: fails as unreachable, and is not sent again', async (_name, answer) => {
    let connections = 0;
    const url = await listenRaw((socket, _request, connection) => {
      connections = connection;
      answer(socket);
    });
    expect(await failureIn(send(url))).toMatchObject(UNREACHABLE);
    expect(connections).toBe(1);
    expect(await failureIn(send(url, { method: 'POST', body: '{}' }))).toMatchObject({
      ...UNREACHABLE,
      retry: 'never',
    });
  });
});

describe('a connection that went stale while idle', () => {
  beforeEach(async () => {
    // With one connection allowed, every request but the first meets the idle one.
    await replaceTransport({ connectionsPerOrigin: 1 });
  });

  it.each([
    ['closed', (socket: Socket) => socket.end()],
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
  ])('%s as the next request arrives: a GET is sent again over a new one, a POST is not', async (_name, drop) => {
    const seen: string[] = [];
    const url = await listenRaw((socket, request, connection) => {
      seen.push(`${connection}.${request}`);
      if (request === 1) socket.write(whole(`${connection}`));
      else drop(socket);
    });
    expect((await send(url)).body.toString()).toBe('1');
    expect((await send(url)).body.toString()).toBe('2');
    expect(seen).toEqual(['1.1', '1.2', '2.1']);
    const post = await failureIn(send(url, { method: 'POST', body: '{}' }));
    expect(post).toMatchObject({ slug: 'upstream-unreachable', retry: 'never' });
    expect(seen).toEqual(['1.1', '1.2', '2.1', '2.2']);
  });

  it('closed between requests: the next request goes over a new one', async () => {
    const url = await listenRaw((socket, _request, connection) => {
      socket.write(whole(`${connection}`));
    });
    expect((await send(url)).body.toString()).toBe('1');
    const [idle] = sockets;
    if (idle === undefined) throw new Error('no connection');
    idle.end();
    await once(idle, 'close');
    expect((await send(url, { method: 'POST', body: '{}' })).body.toString()).toBe('2');
  });

  it('closed within its second answer: fails as unreachable', async () => {
    const url = await listenRaw((socket, request) => {
      if (request === 1) socket.write(whole('first'));
      else socket.end('HTTP/1.1 200');
    });
    await send(url);
    expect(await failureIn(send(url))).toMatchObject(UNREACHABLE);
  });
});
