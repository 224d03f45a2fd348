import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { send } from '../support/http-client.js';
import type { RequestHeaders } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';

const FILE = '/docs/swagger-ui.css';
const PAST = 'Thu, 01 Jan 1970 00:00:01 GMT';

let gateway: Gateway;
let whole: string;
beforeAll(async () => {
  gateway = await startGateway();
  whole = (await send(gateway.port, { path: FILE })).text;
});
afterAll(() => gateway.close());

describe('a file of the documentation', () => {
  it('range: that part', async () => {
    const { status, headers, text } = await send(gateway.port, { path: FILE, headers: { range: 'bytes=1-3' } });
    expect([status, text]).toEqual([206, whole.slice(1, 4)]);
    expect(headers['content-range']).toBe(`bytes 1-3/${Buffer.byteLength(whole)}`);
  });

  it('range behind its end: 416 with its length', async () => {
    const reply = await gateway.get(FILE, { range: 'bytes=99999999-' });
    expectProblem(gateway, reply, 'range-not-satisfiable', { detail: 'The file has no such part.' });
    expect(reply.headers['content-range']).toBe(`bytes */${Buffer.byteLength(whole)}`);
  });

  it.each<[string, RequestHeaders]>([
    ['another version', { 'if-match': '"x"' }],
    ['one that has not changed since long ago', { 'if-unmodified-since': PAST }],
  ])('precondition, %s: 412', async (_, headers) => {
    const reply = await gateway.get(FILE, headers);
    const detail = 'The file is not what If-Match or If-Unmodified-Since expects.';
    expectProblem(gateway, reply, 'precondition-failed', { detail });
  });

  it('any conditional headers: never a 500', async () => {
    const values = {
      range: ['bytes=', 'bytes=-0', 'bytes=5-1', 'bytes=0-1,99999999-', 'lines=1-2', 'x'.repeat(1_000)],
      'if-match': ['', '*', 'x', '"', 'W/"x"', ','],
      'if-none-match': ['', '*', '"', ','],
      'if-modified-since': ['yesterday', PAST],
      'if-unmodified-since': ['', 'yesterday', PAST],
      'if-range': ['"x"', PAST, 'yesterday'],
    };
    const asked = Object.entries(values).flatMap(([name, each]) => each.map((value) => ({ [name]: value })));
    const both = asked.flatMap((headers) => [headers, { range: 'bytes=99999999-', ...headers }]);
    const odd: unknown[] = [];
    for (const headers of both)
      for (const method of ['GET', 'HEAD']) {
        const { status } = await send(gateway.port, { method, path: FILE, headers });
        if (![200, 206, 304, 412, 416].includes(status)) odd.push({ method, headers, status });
      }
    expect(odd).toEqual([]);
  });
});
