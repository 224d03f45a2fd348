import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { converse, withoutExpress } from '../support/raw-exchange.js';
import { PROJECT } from '../support/tasks.js';
import { expressGateways, MODES, TRACE } from './support/express-gateways.js';
import type { Headers } from './support/express-gateways.js';

const { ask, gatewayOf, linesOf, warmUp } = expressGateways();

afterEach(() => {
  jest.restoreAllMocks();
});

describe('express route: access log', () => {
  it('caller who leaves in the middle of a stored answer: one line with 499', async () => {
    const path = '/tasks/ims/large';
    await warmUp('open', path);
    const socket = connect(gatewayOf('open').port, '127.0.0.1');
    const ids = Array.from({ length: 16 }, (_, index) => `leaving-${index}`);
    socket.write(ids.map((id) => `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${id}\r\n\r\n`).join(''));
    await once(socket, 'readable');
    socket.destroy();
    const statuses = (): readonly unknown[] => ids.flatMap((id) => linesOf('open', id)).map(({ status }) => status);
    await eventually(() => statuses().includes(499));
    for (const id of ids) expect(linesOf('open', id).length).toBeLessThanOrEqual(1);
  });

  it.each(MODES)("stored answer, mode %s: one line, the controller's", async (mode) => {
    const known = await warmUp(mode, `/tasks/ims/ascii?projectId=${PROJECT}`);
    const named = {
      ...known,
      headers: [...known.headers, ['X-Request-Id', `line-${mode}`], ['traceparent', TRACE]] as Headers,
    };
    jest.spyOn(Date, 'now').mockReturnValue(Date.now());
    expect((await ask(mode, named)).by).toBe('express');
    expect((await withoutExpress(gatewayOf(mode).app, () => ask(mode, named))).by).toBe('controller');
    await eventually(() => linesOf(mode, `line-${mode}`).length >= 2);
    const [express, behind, ...more] = linesOf(mode, `line-${mode}`).map((line) => ({ ...line, ms: 0 }));
    expect(express).toEqual(behind);
    expect(more).toEqual([]);
  });
});

describe('express route: one connection', () => {
  it('pipelined requests, stored and not: replies in their order', async () => {
    const path = '/tasks/ims/ascii';
    await warmUp('open', path);
    const ask1 = (target: string, ...more: readonly string[]): string =>
      [`GET ${target} HTTP/1.1`, 'Host: a', ...more, '', ''].join('\r\n');
    const body = 'GET /nowhere HTTP/1.1\r\n\r\n';
    const received = await converse(
      gatewayOf('open').port,
      [
        ask1('/providers/ims', 'X-Request-Id: one'),
        ask1(path, 'X-Request-Id: two'),
        ask1(path, 'X-Request-Id: three', 'Cache-Control: no-cache'),
        ask1(path, 'X-Request-Id: four', `Content-Length: ${body.length}`) + body,
        ask1(path, 'X-Request-Id: five', 'Expect: 100-continue'),
        ask1(path, 'X-Request-Id: six', 'Transfer-Encoding: chunked') + `5\r\nhello\r\n0\r\n\r\n`,
        ask1(path, 'X-Request-Id: seven', 'If-None-Match: *'),
        ask1('/livez', 'X-Request-Id: eight', 'Connection: close'),
      ].join(''),
    );
    const names = [...received.toString('latin1').matchAll(/^x-request-id: (\w+)\r$/gm)].map(([, name]) => name);
    expect(names).toEqual(['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']);
    const statuses = [...received.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) =>
      Number(status),
    );
    expect(statuses.filter((status) => status !== 100)).toEqual([200, 200, 200, 200, 200, 200, 304, 200]);
  });
});
