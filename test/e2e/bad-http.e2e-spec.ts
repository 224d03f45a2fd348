import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { talk } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';
import { converse } from '../support/raw-exchange.js';
import { connectAndWrite } from '../support/sockets.js';

const TASK = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
const KIB = 1024;
const CHUNKED =
  'POST /tasks/batch-get HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
afterEach(() => {
  expect(gateway.simulator.control.requests()).toEqual([]);
  // What callers do wrong is no fault of the gateway.
  expect(gateway.logs.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)).toEqual([]);
});

describe('a URL', () => {
  it('of 8 KiB: accepted', async () => {
    const path = `${TASK}?x=`;
    expect((await gateway.get(path.padEnd(8 * KIB, 'a'))).status).toBe(400);
  });

  it.each([`${TASK}?x=`, '/livez?x=', '/providers/', '/problems/', '/openapi.json?x=', '/'])(
    '%s… of more: 414',
    async (path) => {
      const reply = await gateway.get(path.padEnd(8 * KIB + 1, 'a'));
      expectProblem(gateway, reply, 'uri-too-long', { detail: 'The URL is longer than 8192 bytes.' });
    },
  );

  it.each(['/tasks/ims/%zz', '/tasks/ims/%', '/tasks/%c3%28/x', '/%ff', '/providers/%E0%A4%A', '/docs/%zz'])(
    '%s, no percent-encoded UTF-8: 400',
    async (path) => {
      const detail = 'The path is not valid percent-encoded UTF-8.';
      const reply = await gateway.get(path, { 'x-request-id': 'mine' });
      expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, parameter: 'path' }] });
      expect(reply.headers['x-request-id']).toBe('mine');
    },
  );
});

describe('headers', () => {
  it('of 65 KiB: 400', async () => {
    const reply = await talk(gateway.port, `GET ${TASK} HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(65 * KIB)}\r\n\r\n`);
    const detail = 'The headers are larger than 65536 bytes.';
    expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, header: '*' }] });
    expect(reply.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it('of 60 KiB: accepted', async () => {
    expect((await gateway.get('/livez', { x: 'a'.repeat(60 * KIB) })).status).toBe(200);
  });

  it('1,100 of them, with a second token at the end: 400', async () => {
    const others = 'a:\r\n'.repeat(1_100);
    const tokens = ['X-Auth-Token: one\r\n', others, 'X-Auth-Token: two\r\nConnection: close\r\n'].join('');
    const reply = await talk(gateway.port, `GET ${TASK} HTTP/1.1\r\nHost: a\r\n${tokens}\r\n`);
    const detail =
      'X-Auth-Token must be one token of visible ASCII characters, without quotes, commas and backslashes.';
    const errors = [{ detail, header: 'X-Auth-Token' }];
    expectProblem(gateway, reply, 'validation-failed', { provider: 'ims', detail, errors });
  });

  it('without Host: 400', async () => {
    const detail = 'There must be one Host.';
    const reply = await talk(gateway.port, `GET ${TASK} HTTP/1.1\r\nConnection: close\r\n\r\n`);
    expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, header: 'Host' }] });
  });

  it('with two Hosts: 400', async () => {
    const detail = 'There must be one Host.';
    const reply = await talk(gateway.port, `GET ${TASK} HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n`);
    expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, header: 'Host' }] });
  });

  it.each(['a b', 'a, b', 'user:password@a', 'a/b', '<script>', '[::1', 'a:b', 'a?b', 'a#b'])(
    'with Host "%s": 400',
    async (host) => {
      const detail = 'Host is no name or address of a host.';
      const reply = await talk(gateway.port, `GET ${TASK} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, header: 'Host' }] });
    },
  );

  it.each(['', 'a', 'A-1.example.', 'a:', 'a:3000', '127.0.0.1', '[::1]', '[::1]:3000', 'under_score', '%41'])(
    'with Host %p: accepted',
    async (host) => {
      const reply = await talk(gateway.port, `GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(reply.status).toBe(200);
    },
  );

  it('with another Expect than 100-continue: 400', async () => {
    const detail = 'Only 100-continue can be expected.';
    const reply = await talk(gateway.port, `GET ${TASK} HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n`);
    expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, header: 'Expect' }] });
    expect(reply.headers.connection).toBe('close');
  });

  it('with CONNECT: no tunnel', async () => {
    const reply = await talk(gateway.port, 'CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n');
    expectProblem(gateway, reply, 'method-not-allowed', { detail: 'This is no proxy.' });
    expect(reply.headers['allow']).toBe('GET, HEAD, POST');
    expect(reply.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it('with CONNECT, whose caller resets the connection: the gateway serves on', async () => {
    const accepted = once(gateway.app.getHttpServer(), 'connection') as Promise<[Socket]>;
    const here = await connectAndWrite(gateway.port, 'CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n');
    const [there] = await accepted;
    const closed = new Promise<void>((resolve) => there.once('close', () => resolve()));
    await once(here, 'readable');
    here.resetAndDestroy();
    await closed;
    expect(there.errored).toMatchObject({ code: 'ECONNRESET' });
    expect((await gateway.get('/livez')).status).toBe(200);
  });

  it.each([
    ['two tokens', ['one', 'two']],
    ['an empty token', ''],
    ['a token with a blank', 'one two'],
    ['a token that is not ASCII', 't\u00f6ken'],
  ])('with %s', async (_, token) => {
    const reply = await gateway.get(TASK, { 'x-auth-token': token });
    const detail =
      'X-Auth-Token must be one token of visible ASCII characters, without quotes, commas and backslashes.';
    expectProblem(gateway, reply, 'validation-failed', {
      provider: 'ims',
      detail,
      errors: [{ detail, header: 'X-Auth-Token' }],
    });
  });
});

describe('what is not HTTP', () => {
  it.each([
    ['garbage', 'GARBAGE\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03'],
    ['a version that does not exist', `GET ${TASK} HTTP/9.9\r\nHost: a\r\n\r\n`],
    ['a blank in the URL', 'GET /tasks/ims/a b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['NUL in the URL', 'GET /tasks/ims/a\0b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['NUL in a header', `GET ${TASK} HTTP/1.1\r\nHost: a\r\nX-Auth-Token: a\0b\r\n\r\n`],
    ['bytes in the URL', 'GET /tasks/ims/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['two lengths', 'POST /tasks/batch-get HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
    [
      'a length and chunks',
      'POST /tasks/batch-get HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['a broken chunk', `${CHUNKED}zz\r\n`],
  ])('%s', async (_, bytes) => {
    const reply = await talk(gateway.port, bytes);
    const detail = 'The request is not valid HTTP.';
    expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, parameter: 'request' }] });
    expect(reply.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(reply.headers.connection).toBe('close');
  });

  it.each([
    ['garbage', 'GARBAGE\r\n\r\n'],
    ['a broken chunk', `${CHUNKED}zz\r\n`],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('%s behind a request without its answer yet: the connection ends without a reply', async (_, bytes) => {
    const before = `GET /livez HTTP/1.1\r\nHost: a\r\n\r\n`;
    expect((await converse(gateway.port, `${before}${bytes}`)).toString()).toBe('');
  });

  it('an expectation behind another request: refused after its answer', async () => {
    const live = 'GET /livez HTTP/1.1\r\nHost: a\r\n';
    const text = (await converse(gateway.port, `${live}\r\n${live}Expect: wonders\r\n\r\n`)).toString();
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it('half a request, then nothing: no failure is logged', async () => {
    const arrived = once(gateway.app.getHttpServer(), 'request') as Promise<[IncomingMessage]>;
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(
      'POST /tasks/batch-get HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"tasks"',
    );
    const [request] = await arrived;
    const closed = once(request.socket, 'close');
    socket.destroy();
    await closed;
    expect((await gateway.get('/livez')).status).toBe(200);
  });
});
