import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { inspect } from 'node:util';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import { TOKEN, UNREACHABLE, failureIn, head, transportTests, whole } from './testing/transport-tests.js';

const { listen, listenRaw, closedAddress, replaceTransport, closeTransport, connectionsClosed, send } =
  transportTests();

describe('a request', () => {
  it('headers: those that were given, and no others', async () => {
    const seen: { line: string; headers: string[] }[] = [];
    const url = await listen(
      http.createServer(({ method, url: path, rawHeaders }, response) => {
        seen.push({ line: `${method} ${path}`, headers: rawHeaders });
        response.end();
      }),
    );
    await send(url);
    await send(url, { headers: { 'X-Auth-Token': TOKEN, Accept: 'application/json', 'accept-encoding': 'gzip' } });
    await send(url, { headers: { 'content-type': 'application/json' } });
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
      { line: 'GET /v1/tasks/1?a=b', headers: [...common, 'content-type', 'application/json'] },
      { line: 'HEAD /v1/tasks/1?a=b', headers: ['host', url.host, 'connection', 'close'] },
      { line: 'POST /v1/tasks/1?a=b', headers: [...common, 'content-length', '10'] },
      {
        line: 'POST /v1/tasks/1?a=b',
        headers: [...common, 'content-type', 'application/json', 'content-length', '2'],
      },
    ]);
  });

  it('a host that is signed: sent once', async () => {
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

  it('tokens of 16,384 characters: sent and received', async () => {
    const long = 'T'.repeat(16_384);
    const url = await listen(
      http.createServer({ maxHeaderSize: 65_536 }, (request, response) => {
        response.setHeader('X-Subject-Token', request.headers['x-auth-token'] ?? '').end();
      }),
    );
    const { headers } = await send(url, { headers: { 'X-Auth-Token': long } });
    expect(headers['x-subject-token']).toBe(long);
  });

  it('a header that cannot be written: our own mistake, and not quoted', async () => {
    const url = await listenRaw((socket) => socket.end(whole('{}')));
    const sent = send(url, { headers: { 'X-Auth-Token': `${TOKEN}\u4e00` } });
    const error: unknown = await sent.catch((reason: unknown) => reason);
    expect(error).not.toBeInstanceOf(UpstreamFailure);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(TOKEN);
  });

  it('several at once over the one connection that is allowed: sent one after the other', async () => {
    await replaceTransport({ connectionsPerOrigin: 1 });
    const url = await listenRaw((socket, request, connection) => socket.write(whole(`${connection}.${request}`)));
    const replies = await Promise.all([send(url), send(url), send(url)]);
    expect(replies.map(({ body }) => body.toString())).toEqual(['1.1', '1.2', '1.3']);
  });
});

describe('a caller that aborts', () => {
  it('while the body arrives: gets its own reason, and the connection is closed', async () => {
    const caller = new AbortController();
    const reason = new Error('the reader left');
    const url = await listenRaw((socket) => {
      socket.write(head('Content-Length: 9') + '{');
      setImmediate(() => caller.abort(reason));
    });
    await expect(send(url, {}, { signal: caller.signal })).rejects.toBe(reason);
    await connectionsClosed();
  });

  it('while the connection is made: gets its own reason at once', async () => {
    const caller = new AbortController();
    const server = net.createServer(() => caller.abort());
    const url = await listen(server);
    url.protocol = 'https:';
    const error: unknown = await send(url, {}, { signal: caller.signal }).catch((reason: unknown) => reason);
    expect(error).toBe(caller.signal.reason);
  });

  it('before the request: nothing is sent', async () => {
    let visits = 0;
    const url = await listenRaw((socket) => {
      visits += 1;
      socket.write(whole('{}'));
    });
    await expect(send(url, {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    await send(url);
    expect(visits).toBe(1);
  });

  it('after the reply, or never: its signal keeps no listener', async () => {
    const { signal } = new AbortController();
    const url = await listenRaw((socket) => socket.write(whole('{}')));
    await send(url, {}, { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

it('a failure: holds no secret, host or address', async () => {
  const refused = await closedAddress();
  const broken = await listenRaw((socket) => socket.resetAndDestroy());
  const silent = await listenRaw(() => {});
  const failures = await Promise.all([
    failureIn(send(refused)),
    failureIn(send(broken)),
    failureIn(send(silent, {}, { attemptMs: 20 })),
    failureIn(send(new URL('http://cloud.invalid/'))),
  ]);
  for (const error of failures) {
    const shown = [inspect(error, { depth: null, showHidden: true }), JSON.stringify(error)].join();
    expect(shown).not.toMatch(/MIIaToken|127\.0\.0\.1|cloud\.invalid/);
  }
});

it('a transport that closes: requests under way fail as unreachable, and connections are closed', async () => {
  const url = await listenRaw(() => void closeTransport());
  expect(await failureIn(send(url))).toMatchObject(UNREACHABLE);
  await connectionsClosed();
});
