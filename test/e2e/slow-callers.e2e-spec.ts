import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { eventually } from '../support/eventually.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { portOf, readReply, send, talk } from '../support/http-client.js';
import { contradictions } from '../support/openapi.js';
import { expectProblem } from '../support/problems.js';
import { connectAndWrite } from '../support/sockets.js';

const EXPORT = 'c1c2c3d4e5f60718293a4b5c6d7e8f90';
const TASK = `/tasks/apig/${EXPORT}`;
const MEBIBYTE = 1_048_576;

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
  const file = JSON.stringify({ FileName: 'large', FileType: '.txt', Comment: '任'.repeat(4 * MEBIBYTE) });
  const body = { task_id: EXPORT, task_status: 'succeed', task_type: 'export_api', task_result: file };
  simulator.control.putReply({ service: 'apig', id: EXPORT, body });
});
afterAll(() => simulator.close());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(server: object, config: Readonly<Record<string, unknown>> = {}): Promise<Gateway> {
  const gateway = await startGateway({ simulator, config: { server, ...config } });
  cleanups.push(gateway.close);
  return gateway;
}

/** Both ends of a connection on which this was written. */
async function write(
  { app, port }: Gateway,
  bytes: string,
): Promise<{ readonly here: Socket; readonly there: Socket }> {
  const accepted = once(app.getHttpServer(), 'connection') as Promise<[Socket]>;
  const here = await connectAndWrite(port, bytes);
  cleanups.push(() => here.destroy());
  const [there] = await accepted;
  return { here, there };
}

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
/** All that comes, behind what came before. */
const text = async (socket: Socket, chunks: Buffer[] = []): Promise<string> => {
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  socket.end();
  return Buffer.concat(chunks).toString();
};

async function readSome(socket: Socket, bytes: number, chunks: Buffer[]): Promise<void> {
  for (let left = bytes; left > 0;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) await once(socket, 'readable');
    else {
      chunks.push(chunk);
      left -= chunk.length;
    }
  }
}

describe('a request that does not arrive', () => {
  const POST =
    'POST /tasks/batch-get HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n';
  const limits = { headersSeconds: 0.3, requestSeconds: 0.5 };

  it('nothing sent: closed without a reply', async () => {
    const { here } = await write(await start(limits), '');
    expect(await text(here)).toBe('');
  });

  it.each([
    ['headers', 'GET /livez HTTP/1.1\r\nHost: a\r\n'],
    ['body', `${POST}{"tasks"`],
    ['body for a stream', `${POST.replace('batch-get', 'events')}{"tasks"`],
  ])('half of its %s sent: 408', async (_, bytes) => {
    const gateway = await start(limits);
    const reply = await talk(gateway.port, bytes);
    expectProblem(gateway, reply, 'request-timeout', { detail: 'The request did not arrive in time.' });
    expect(reply.headers.connection).toBe('close');
    expect(contradictions('POST', /^POST (\S+)/.exec(bytes)?.[1] ?? '/tasks/batch-get', reply)).toEqual([]);
  });

  it.each([
    ['headers', 'GET /livez HTTP/1.1\r\nX: '],
    ['body', POST],
  ])('its %s a byte at a time: 408', async (_, bytes) => {
    const { here } = await write(await start(limits), bytes);
    const drip = setInterval(() => here.write('x'), 20);
    const received = text(here);
    cleanups.push(() => clearInterval(drip));
    expect(readReply(await received).status).toBe(408);
  });

  it('behind an answer on its way: cut off, with nothing in the middle of it', async () => {
    const gateway = await start({ ...limits, stallSeconds: 3_000 });
    await send(gateway.port, { path: TASK });
    const { here, there } = await write(gateway, `${get(`${TASK}/artifact`)}GET /livez HTT`);
    await once(there, 'close');
    here.resume();
    const received = await text(here);
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe('a caller who does not read', () => {
  it.each([
    ['a file', `${TASK}/artifact`],
    ['a task', TASK],
  ])('%s that is long: cut off after server.stallSeconds', async (_, path) => {
    const gateway = await start({ stallSeconds: 0.3 });
    for (let look = 0; look < 2; look += 1) await send(gateway.port, { path });
    const { there } = await write(gateway, get(path, 'X-Request-Id: stalled\r\n'));
    await once(there, 'close');
    await eventually(() => gateway.logs.some((line) => line.includes('"stalled"')));
    expect(gateway.logs.find((line) => line.includes('"stalled"'))).toContain('"status":499');
  });

  it('slow reader, whose network takes nothing more for a while: not cut off', async () => {
    const gateway = await start({ stallSeconds: 1 });
    const whole = await send(gateway.port, { path: `${TASK}/artifact` });
    const { here, there } = await write(gateway, get(`${TASK}/artifact`, 'Connection: close\r\n'));
    const chunks: Buffer[] = [];
    for (let look = 0; look < 4; look += 1) {
      await once(there, 'timeout');
      await readSome(here, MEBIBYTE / 2, chunks);
    }
    const rest = await text(here, chunks);
    expect(readReply(rest).text === whole.text).toBe(true);
  }, 60_000);

  it('answer not there yet: not cut off', async () => {
    const asked: ServerResponse[] = [];
    const upstream = createServer((_request, response) => void asked.push(response)).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    cleanups.push(() => upstream.close());
    const regions = [
      { name: 'eu', endpoint: `http://127.0.0.1:${portOf(upstream)}/{service}`, credentials: { mode: 'passthrough' } },
    ];
    const gateway = await start({ stallSeconds: 0.1 }, { regions, providers: [{ id: 'ims', projectId: 'p' }] });
    const { here, there } = await write(gateway, get('/tasks/ims/x', 'X-Auth-Token: t\r\nConnection: close\r\n'));
    await once(there, 'timeout');
    await eventually(() => asked.length === 1);
    asked[0]?.setHeader('content-type', 'application/json').end('{"job_id":"x","status":"SUCCESS"}');
    expect(readReply(await text(here)).status).toBe(200);
  });
});

describe('connections beyond server.maxConnections', () => {
  it('one too many: closed as it comes, until one of the others has ended', async () => {
    const gateway = await start({ maxConnections: 2 });
    const [first] = [await write(gateway, ''), await write(gateway, '')];
    expect(await text(await connectAndWrite(gateway.port, ''))).toBe('');
    await eventually(() => gateway.logs.some((line) => line.includes('1 connections were refused: 2 are open')));
    first.here.destroy();
    await once(first.there, 'close');
    expect((await gateway.get('/livez')).status).toBe(200);
  });
});
