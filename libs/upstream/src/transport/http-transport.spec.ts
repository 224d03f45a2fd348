import { HttpService } from '@nestjs/axios';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { getEventListeners, once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { deflateSync, gzipSync } from 'node:zlib';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import { HttpTransport, type SendOptions, type TransportRequest } from './http-transport.js';

const TOKEN = 'MIIaToken-that-must-not-leak';
let transport: HttpTransport;
let servers: net.Server[];
let sockets: Set<Socket>;

beforeEach(() => {
  transport = new HttpTransport(new HttpService(), { connectMs: 2_000 });
  servers = [];
  sockets = new Set();
});
afterEach(async () => {
  await transport.close();
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
});

/** Listens on a free port and remembers what to close. */
async function listen(server: net.Server): Promise<URL> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/tasks/1?a=b`);
}

/** A server that says what it likes once a request's head has arrived; requests count from 1 on each connection. */
function listenRaw(answer: (socket: Socket, request: number, connection: number) => void): Promise<URL> {
  let connections = 0;
  const server = net.createServer((socket) => {
    const connection = (connections += 1);
    let request = 0;
    let text = '';
    socket.setNoDelay(true).on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      text = '';
      answer(socket, (request += 1), connection);
    });
  });
  return listen(server);
}

/** The upstream sees every connection closed. */
async function connectionsClosed(): Promise<void> {
  await Promise.all(Array.from(sockets, (socket) => new Promise((closed) => socket.once('close', closed))));
}

function send(url: URL, request: Partial<TransportRequest> = {}, options: Partial<SendOptions> = {}) {
  return transport.send(
    { method: 'GET', url, headers: { 'X-Auth-Token': TOKEN }, ...request },
    { signal: new AbortController().signal, bodyBytes: 1_024 * 1_024, attemptMs: 10_000, ...options },
  );
}

async function fault(sent: Promise<unknown>): Promise<UpstreamFailure> {
  const error: unknown = await sent.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UpstreamFailure)) throw new Error('not a fault', { cause: error });
  return error;
}

const head = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
const whole = (body: string | Buffer, ...lines: string[]) =>
  Buffer.concat([Buffer.from(head(`Content-Length: ${Buffer.byteLength(body)}`, ...lines)), Buffer.from(body)]);
const UNREACHABLE = { slug: 'upstream-unreachable', retry: 'backoff' };
const BAD_RESPONSE = { slug: 'upstream-bad-response', retry: 'never' };

describe('requests', () => {
  it('carry our headers and no others', async () => {
    const seen: { line: string; headers: string[] }[] = [];
    const url = await listen(
      http.createServer(({ method, url: path, rawHeaders }, response) => {
        seen.push({ line: `${method} ${path}`, headers: rawHeaders });
        response.end();
      }),
    );
    await send(url);
    await send(url, { headers: { 'X-Auth-Token': TOKEN, Accept: 'application/json', 'accept-encoding': 'gzip' } });
    await send(url, { method: 'HEAD', headers: {} });
    await send(url, { method: 'POST', headers: {}, body: '{"a":"ü"}' });
    await send(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });
    const common = ['host', url.host, 'connection', 'keep-alive'];
    expect(seen).toEqual([
      { line: 'GET /v1/tasks/1?a=b', headers: [...common, 'x-auth-token', TOKEN] },
      {
        line: 'GET /v1/tasks/1?a=b',
        headers: [...common, 'x-auth-token', TOKEN, 'accept', 'application/json', 'accept-encoding', 'gzip'],
      },
      { line: 'HEAD /v1/tasks/1?a=b', headers: ['host', url.host, 'connection', 'close'] },
      { line: 'POST /v1/tasks/1?a=b', headers: [...common, 'content-length', '10'] },
      {
        line: 'POST /v1/tasks/1?a=b',
        headers: [...common, 'content-type', 'application/json', 'content-length', '2'],
      },
    ]);
  });

  it('send the host once where it is signed', async () => {
    let headers: string[] = [];
    const url = await listen(
      http.createServer(({ rawHeaders }, response) => {
        headers = rawHeaders;
        response.end();
      }),
    );
    await send(url, { headers: { host: url.host } });
    expect(headers).toEqual(['host', url.host, 'connection', 'keep-alive']);
  });

  it('take tokens of 16,384 characters there and back', async () => {
    const long = 'T'.repeat(16_384);
    const url = await listen(
      http.createServer({ maxHeaderSize: 65_536 }, (request, response) => {
        response.setHeader('X-Subject-Token', request.headers['x-auth-token'] ?? '').end();
      }),
    );
    const { headers } = await send(url, { headers: { 'X-Auth-Token': long } });
    expect(headers['x-subject-token']).toBe(long);
  });

  it('that cannot be written are our own mistake and quote nothing', async () => {
    const url = await listenRaw((socket) => socket.end(whole('{}')));
    const sent = send(url, { headers: { 'X-Auth-Token': `${TOKEN}\u4e00` } });
    const error: unknown = await sent.catch((reason: unknown) => reason);
    expect(error).not.toBeInstanceOf(UpstreamFailure);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(TOKEN);
  });

  it('share one connection where only one is allowed', async () => {
    await transport.close();
    transport = new HttpTransport(new HttpService(), { connectionsPerOrigin: 1 });
    const url = await listenRaw((socket, request, connection) => socket.write(whole(`${connection}.${request}`)));
    const replies = await Promise.all([send(url), send(url), send(url)]);
    expect(replies.map(({ body }) => body.toString())).toEqual(['1.1', '1.2', '1.3']);
  });
});

describe('replies', () => {
  it('come with any status, and lower case headers that are joined where repeated', async () => {
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

  it('are redirects too, which nobody follows', async () => {
    let visits = 0;
    const elsewhere = await listenRaw(() => (visits += 1));
    const url = await listenRaw((socket) =>
      socket.write(`HTTP/1.1 302 Found\r\nLocation: ${elsewhere.href}\r\nContent-Length: 0\r\n\r\n`),
    );
    const { status, headers } = await send(url);
    expect({ status, location: headers['location'] }).toEqual({ status: 302, location: elsewhere.href });
    expect(visits).toBe(0);
  });

  it('may be empty', async () => {
    const url = await listenRaw((socket) => socket.write(head('Content-Length: 0', 'Content-Encoding: br')));
    expect((await send(url)).body).toEqual(Buffer.alloc(0));
    const toHead = await listenRaw((socket) => socket.write(head('Content-Length: 99999999')));
    expect((await send(toHead, { method: 'HEAD' })).headers['content-length']).toBe('99999999');
  });

  it('are read from packets of one byte', async () => {
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
  ])('are decoded: %s', async (_name, encoding, body) => {
    const url = await listenRaw((socket) => socket.write(whole(body, `Content-Encoding: ${encoding}`)));
    expect((await send(url)).body.toString()).toBe('{"a":1}');
  });

  it('are decoded from small pieces, larger than any buffer on the way', async () => {
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

describe('an upstream that cannot be reached', () => {
  it('refuses the connection', async () => {
    const url = await listen(net.createServer());
    await new Promise((closed) => servers.pop()?.close(closed));
    expect(await fault(send(url))).toMatchObject({
      ...UNREACHABLE,
      message: 'The upstream refused the connection.',
    });
    expect(await fault(send(url, { method: 'POST' }))).toMatchObject(UNREACHABLE);
  });

  it('has a name that does not exist', async () => {
    expect(await fault(send(new URL('http://cloud.invalid/v1')))).toMatchObject(UNREACHABLE);
  });

  it('never finishes the handshake', async () => {
    await transport.close();
    transport = new HttpTransport(new HttpService(), { connectMs: 30 });
    const url = await listen(net.createServer());
    url.protocol = 'https:';
    expect(await fault(send(url))).toMatchObject({
      ...UNREACHABLE,
      message: 'The upstream did not accept the connection in time.',
    });
  });
});

describe('an upstream that is too slow', () => {
  it('says nothing', async () => {
    const url = await listenRaw(() => {});
    const slow = await fault(send(url, {}, { attemptMs: 50 }));
    expect(slow).toMatchObject({ slug: 'upstream-timeout', retry: 'never' });
    await connectionsClosed();
  });

  it('drips its body a byte at a time', async () => {
    const url = await listenRaw((socket) => {
      socket.write(head('Content-Length: 1000000'));
      const drip = setInterval(() => socket.write('.'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await fault(send(url, {}, { attemptMs: 100 }))).toMatchObject({ slug: 'upstream-timeout' });
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
  ])('%s', async (_name, answer) => {
    let connections = 0;
    const url = await listenRaw((socket, _request, connection) => {
      connections = connection;
      answer(socket);
    });
    expect(await fault(send(url))).toMatchObject(UNREACHABLE);
    expect(connections).toBe(1);
    expect(await fault(send(url, { method: 'POST', body: '{}' }))).toMatchObject({ ...UNREACHABLE, retry: 'never' });
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
  ])('%s', async (_name, answer) => {
    const url = await listenRaw((socket) => socket.write(answer));
    expect(await fault(send(url))).toMatchObject(BAD_RESPONSE);
  });

  it('announces too much: nothing of it is awaited', async () => {
    const url = await listenRaw((socket) => socket.write(head('Content-Length: 1025')));
    expect(await fault(send(url, {}, { bodyBytes: 1_024 }))).toMatchObject(BAD_RESPONSE);
  });

  it('is exactly as large as allowed', async () => {
    const url = await listenRaw((socket) => socket.write(whole(gzipSync('a'.repeat(1_024)), 'Content-Encoding: gzip')));
    expect((await send(url, {}, { bodyBytes: 1_024 })).body).toHaveLength(1_024);
    expect(await fault(send(url, {}, { bodyBytes: 1_023 }))).toMatchObject(BAD_RESPONSE);
  });

  it('has no end: the connection is cut', async () => {
    const url = await listenRaw((socket) => {
      socket.write(head('Transfer-Encoding: chunked'));
      const more = (): void =>
        void (socket.writable && socket.write(`400\r\n${'a'.repeat(1_024)}\r\n`, () => setImmediate(more)));
      more();
    });
    expect(await fault(send(url, {}, { bodyBytes: 100_000 }))).toMatchObject(BAD_RESPONSE);
    await connectionsClosed();
  });

  it('is a gzip bomb: it is cut before it has arrived', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_024 * 1_024));
    const url = await listenRaw((socket) => {
      // The last bytes never come: whoever waits for them, waits for ever.
      socket.write(head(`Content-Length: ${bomb.length}`, 'Content-Encoding: gzip'));
      socket.write(bomb.subarray(0, 20_000));
    });
    expect(await fault(send(url, {}, { bodyBytes: 100_000 }))).toMatchObject({
      ...BAD_RESPONSE,
      message: 'The body of the upstream is larger than allowed.',
    });
    await connectionsClosed();
  });
});

describe('a connection that went stale while idle', () => {
  beforeEach(async () => {
    await transport.close();
    // With one connection allowed, every request but the first meets the idle one.
    transport = new HttpTransport(new HttpService(), { connectionsPerOrigin: 1 });
  });

  it.each([
    ['closed', (socket: Socket) => socket.end()],
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
  ])('%s as the next request arrives: nobody notices', async (_name, drop) => {
    const seen: string[] = [];
    const url = await listenRaw((socket, request, connection) => {
      seen.push(`${connection}.${request}`);
      if (request === 1) socket.write(whole(`${connection}`));
      else drop(socket);
    });
    expect((await send(url)).body.toString()).toBe('1');
    expect((await send(url)).body.toString()).toBe('2');
    expect(seen).toEqual(['1.1', '1.2', '2.1']);
    const post = await fault(send(url, { method: 'POST', body: '{}' }));
    expect(post).toMatchObject({ slug: 'upstream-unreachable', retry: 'never' });
    expect(seen).toEqual(['1.1', '1.2', '2.1', '2.2']);
  });

  it('closed between requests', async () => {
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

  it('is not one that breaks within its answer', async () => {
    const url = await listenRaw((socket, request) => {
      if (request === 1) socket.write(whole('first'));
      else socket.end('HTTP/1.1 200');
    });
    await send(url);
    expect(await fault(send(url))).toMatchObject(UNREACHABLE);
  });
});

describe('a caller that aborts', () => {
  it('gets its reason, and the upstream a closed connection', async () => {
    const caller = new AbortController();
    const reason = new Error('the reader left');
    const url = await listenRaw((socket) => {
      socket.write(head('Content-Length: 9') + '{');
      setImmediate(() => caller.abort(reason));
    });
    await expect(send(url, {}, { signal: caller.signal })).rejects.toBe(reason);
    await connectionsClosed();
  });

  it('does not wait for the connection', async () => {
    const caller = new AbortController();
    const server = net.createServer(() => caller.abort());
    const url = await listen(server);
    url.protocol = 'https:';
    const error: unknown = await send(url, {}, { signal: caller.signal }).catch((reason: unknown) => reason);
    expect(error).toBe(caller.signal.reason);
  });

  it('before it asked, sends nothing', async () => {
    let visits = 0;
    const url = await listenRaw((socket) => {
      visits += 1;
      socket.write(whole('{}'));
    });
    await expect(send(url, {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    await send(url);
    expect(visits).toBe(1);
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const url = await listenRaw((socket) => socket.write(whole('{}')));
    await send(url, {}, { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

it('tells no secret, host or address in a fault', async () => {
  const refused = await listen(net.createServer());
  await new Promise((closed) => servers.pop()?.close(closed));
  const broken = await listenRaw((socket) => socket.resetAndDestroy());
  const silent = await listenRaw(() => {});
  const faults = await Promise.all([
    fault(send(refused)),
    fault(send(broken)),
    fault(send(silent, {}, { attemptMs: 20 })),
    fault(send(new URL('http://cloud.invalid/'))),
  ]);
  for (const error of faults) {
    const told = [inspect(error, { depth: null, showHidden: true }), JSON.stringify(error)].join();
    expect(told).not.toMatch(/MIIaToken|127\.0\.0\.1|cloud\.invalid/);
  }
});

it('cuts what is under way when it closes', async () => {
  const url = await listenRaw(() => void transport.close());
  expect(await fault(send(url))).toMatchObject(UNREACHABLE);
  await connectionsClosed();
});
