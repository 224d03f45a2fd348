import { describe, expect, it } from '@jest/globals';
import http from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { BAD_RESPONSE, failureIn, head, transportTests, whole } from './testing/transport-tests.js';

const { listen, listenRaw, connectionsClosed, send } = transportTests();

describe('a reply', () => {
  it('any status, with an early hint before it: read, with lower case headers that are joined where repeated', async () => {
    const url = await listenRaw((socket) =>
      socket.write(
        'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n' +
          'HTTP/1.1 503 Busy\r\nX-A: 1\r\nx-a: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\nContent-Length: 4\r\n\r\nbusy',
      ),
    );
    expect(await send(url)).toEqual({
      status: 503,
      headers: { 'x-a': '1, 2', 'set-cookie': 'a=1, b=2', 'x-empty': '', 'content-length': '4' },
      body: Buffer.from('busy'),
    });
  });

  it('a redirect: returned, and not followed', async () => {
    let visits = 0;
    const elsewhere = await listenRaw(() => (visits += 1));
    const url = await listenRaw((socket) =>
      socket.write(`HTTP/1.1 302 Found\r\nLocation: ${elsewhere.href}\r\nContent-Length: 0\r\n\r\n`),
    );
    const { status, headers } = await send(url);
    expect({ status, location: headers['location'] }).toEqual({ status: 302, location: elsewhere.href });
    expect(visits).toBe(0);
  });

  it('no body: read as an empty one', async () => {
    const url = await listenRaw((socket) => socket.write(head('Content-Length: 0', 'Content-Encoding: br')));
    expect((await send(url)).body).toEqual(Buffer.alloc(0));
    const toHead = await listenRaw((socket) => socket.write(head('Content-Length: 99999999')));
    expect((await send(toHead, { method: 'HEAD' })).headers['content-length']).toBe('99999999');
  });

  it('packets of one byte: put together', async () => {
    const body = JSON.stringify({ status: 'SUCCESS', name: '导出' });
    const url = await listenRaw((socket) => {
      const bytes = [...whole(body)];
      const next = (): void => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(Buffer.of(byte), () => setImmediate(next));
      };
      next();
    });
    expect((await send(url)).body.toString()).toBe(body);
  });

  it.each([
    ['gzip', 'gzip', gzipSync('{"a":1}')],
    ['GZIP', 'GZIP', gzipSync('{"a":1}')],
    ['x-gzip of two members', 'x-gzip', Buffer.concat([gzipSync('{"a"'), gzipSync(':1}')])],
    ['gzip with padding', 'gzip', Buffer.concat([gzipSync('{"a":1}'), Buffer.alloc(9)])],
    ['deflate with a tail', 'deflate', Buffer.concat([deflateSync('{"a":1}'), Buffer.from('tail')])],
    ['deflate', 'deflate', deflateSync('{"a":1}')],
    ['identity', 'identity', Buffer.from('{"a":1}')],
  ])('%s: decoded', async (_name, encoding, body) => {
    const url = await listenRaw((socket) => socket.write(whole(body, `Content-Encoding: ${encoding}`)));
    expect((await send(url)).body.toString()).toBe('{"a":1}');
  });

  it('small pieces of a body that is larger than any buffer on the way: decoded', async () => {
    const body = Buffer.from(Array.from({ length: 50_000 }, (_, index) => `${index}`).join(','));
    const url = await listen(
      http.createServer((_request, response) => {
        const packed = gzipSync(body);
        response.setHeader('Content-Encoding', 'gzip');
        for (let at = 0; at < packed.length; at += 1_000) response.write(packed.subarray(at, at + 1_000));
        response.end();
      }),
    );
    expect((await send(url)).body.equals(body)).toBe(true);
  });
});

describe('a reply that is not acceptable', () => {
  it.each([
    ['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['headers over 64 KiB', head(`X-Long: ${'a'.repeat(66_000)}`)],
    ['a bad chunk', head('Transfer-Encoding: chunked') + 'zz\r\n'],
    ['an unknown encoding', whole('{}', 'Content-Encoding: br')],
    ['two encodings', whole(gzipSync(gzipSync('{}')), 'Content-Encoding: gzip, gzip')],
    ['an encoding named like an object member', whole('{}', 'Content-Encoding: constructor')],
    ['no gzip', whole('{"a":1}', 'Content-Encoding: gzip')],
    ['half a gzip', whole(gzipSync('{"a":1}').subarray(0, 20), 'Content-Encoding: gzip')],
  ])('%s: refused', async (_name, answer) => {
    const url = await listenRaw((socket) => socket.write(answer));
    expect(await failureIn(send(url))).toMatchObject(BAD_RESPONSE);
  });

  it('a length above the limit: refused before the body has arrived', async () => {
    const url = await listenRaw((socket) => socket.write(head('Content-Length: 1025')));
    expect(await failureIn(send(url, {}, { bodyBytes: 1_024 }))).toMatchObject(BAD_RESPONSE);
  });

  it('a body of exactly the limit: read, and refused where the limit is a byte less', async () => {
    const url = await listenRaw((socket) => socket.write(whole(gzipSync('a'.repeat(1_024)), 'Content-Encoding: gzip')));
    expect((await send(url, {}, { bodyBytes: 1_024 })).body).toHaveLength(1_024);
    expect(await failureIn(send(url, {}, { bodyBytes: 1_023 }))).toMatchObject(BAD_RESPONSE);
  });

  it('a body without an end: refused at the limit, and the connection is closed', async () => {
    const url = await listenRaw((socket) => {
      socket.write(head('Transfer-Encoding: chunked'));
      const more = (): void =>
        void (socket.writable && socket.write(`400\r\n${'a'.repeat(1_024)}\r\n`, () => setImmediate(more)));
      more();
    });
    expect(await failureIn(send(url, {}, { bodyBytes: 100_000 }))).toMatchObject(BAD_RESPONSE);
    await connectionsClosed();
  });

  it('a gzip bomb: refused before it has arrived, and the connection is closed', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_024 * 1_024));
    const url = await listenRaw((socket) => {
      // The last bytes never come: whoever waits for them, waits for ever.
      socket.write(head(`Content-Length: ${bomb.length}`, 'Content-Encoding: gzip'));
      socket.write(bomb.subarray(0, 20_000));
    });
    expect(await failureIn(send(url, {}, { bodyBytes: 100_000 }))).toMatchObject({
      ...BAD_RESPONSE,
      message: 'The body of the upstream is larger than allowed.',
    });
    await connectionsClosed();
  });
});
