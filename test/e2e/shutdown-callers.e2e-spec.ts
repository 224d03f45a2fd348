import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { eventually } from '../support/eventually.js';
import { startGateway } from '../support/gateway.js';
import { startGatewayProgram } from '../support/gateway-program.js';
import type { GatewayProgram } from '../support/gateway-program.js';
import { readReply, send } from '../support/http-client.js';
import { freePort } from '../support/redis-server.js';
import { connectAndWrite, listenerClosed } from '../support/sockets.js';

const EXPORT = 'c1c2c3d4e5f60718293a4b5c6d7e8f90';
const ARTIFACT = `/tasks/apig/${EXPORT}/artifact`;
const TOKEN = 'operator-token-of-32-characters-!';
const ADMIN_TOKEN = '${ADMIN_TOKEN}';
/** Seconds, longer than any test: nothing that ends in time has waited for it. */
const LONG = 3_000;
const MEBIBYTE = 1_048_576;

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
  const file = JSON.stringify({ FileName: 'large', FileType: '.txt', Comment: ' '.repeat(20 * MEBIBYTE) });
  const body = { task_id: EXPORT, task_status: 'succeed', task_type: 'export_api', task_result: file };
  simulator.control.putReply({ service: 'apig', id: EXPORT, body });
});
afterAll(() => simulator.close());

const running: GatewayProgram[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const { kill } of running.splice(0)) await kill();
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function start(server: object, config: Readonly<Record<string, unknown>> = {}): Promise<GatewayProgram> {
  const gateway = await startGatewayProgram({
    config: { server: { drainSeconds: 0, ...server }, ...config },
    env: { ADMIN_TOKEN: TOKEN },
    simulatorUrl: simulator.url,
  });
  running.push(gateway);
  return gateway;
}

async function write(port: number, bytes: string): Promise<Socket> {
  const socket = await connectAndWrite(port, bytes);
  sockets.push(socket);
  return socket;
}

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

/** Connections that ask for nothing any more. */
const IDLE: Readonly<Record<string, string>> = {
  'sent nothing': '',
  'sent half a request line': 'GET /liv',
  'sent half the headers': 'GET /livez HTTP/1.1\r\nHost: a\r\n',
  'kept after an answer': get('/livez'),
  'kept after half of a second request': `${get('/livez')}GET /live`,
  'not closed after it wanted a tunnel': 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
  'not closed after nonsense': 'nonsense\r\n\r\n',
};

describe('stop', () => {
  it(`idle connections, to both listeners (${Object.keys(IDLE).join(', ')}): not waited for`, async () => {
    const adminPort = await freePort();
    const { port, program } = await start(
      { shutdownSeconds: LONG },
      { admin: { port: adminPort, token: ADMIN_TOKEN } },
    );
    for (const bytes of Object.values(IDLE)) {
      const socket = await write(port, bytes);
      // What came before is read before what comes later.
      if (bytes.includes('\r\n\r\n')) await once(socket, 'readable');
    }
    await write(adminPort, '');
    await Promise.all([send(port, { path: '/livez' }), send(adminPort, { path: '/' })]);
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('half a body to either listener, and an answer that nobody reads: over after server.shutdownSeconds', async () => {
    const adminPort = await freePort();
    const { port, program } = await start({ shutdownSeconds: 0.5 }, { admin: { port: adminPort, token: ADMIN_TOKEN } });
    // From the cache then, and on its way at once.
    await send(port, { path: ARTIFACT });
    const body = 'Host: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n';
    await write(port, `POST /tasks/batch-get HTTP/1.1\r\n${body}\r\n{"tasks"`);
    const authorization = `Authorization: Bearer ${TOKEN}\r\n`;
    await write(adminPort, `DELETE /admin/cache/providers/ims HTTP/1.1\r\n${body}${authorization}\r\n{`);
    await once(await write(port, get(ARTIFACT)), 'readable');
    await Promise.all([send(port, { path: '/livez' }), send(adminPort, { path: '/' })]);
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('downloads under way: end whole, and their connections are closed then', async () => {
    const { port, program } = await start({ shutdownSeconds: LONG });
    await send(port, { path: ARTIFACT });
    const readers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        write(port, get(ARTIFACT, index % 2 === 0 ? '' : 'Connection: close\r\n')),
      ),
    );
    // Begun, and not read on: most of it is still in the gateway.
    await Promise.all(readers.map((reader) => once(reader, 'readable')));
    program.signal('SIGTERM');
    await listenerClosed(port);
    const bodies = await Promise.all(readers.map(readToTheEnd));
    expect(bodies).toEqual(readers.map(() => 20 * MEBIBYTE));
    expect(await program.ended).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('answer that the network has ahead of its reader: delivered before the connection is closed', async () => {
    const id = 'd1c2c3d4e5f60718293a4b5c6d7e8f90';
    const file = JSON.stringify({ FileName: 'small', FileType: '.txt', Comment: 'x'.repeat(MEBIBYTE) });
    const body = { task_id: id, task_status: 'succeed', task_type: 'export_api', task_result: file };
    simulator.control.putReply({ service: 'apig', id, body });
    const { app, port, close } = await startGateway({ simulator });
    const accepted = once(app.getHttpServer(), 'connection') as Promise<[Socket]>;
    const here = await write(port, get(`/tasks/apig/${id}/artifact`));
    const [there] = await accepted;
    await eventually(() => there.bytesWritten > MEBIBYTE && there.writableLength === 0);
    const closing = close();
    await listenerClosed(port);
    expect(there.destroyed).toBe(false);
    expect(await readToTheEnd(here)).toBe(MEBIBYTE);
    await closing;
  }, 30_000);

  it('body on its way: the rest arrives, and is answered', async () => {
    const { port, program } = await start({ shutdownSeconds: LONG });
    const head = 'Content-Type: application/json\r\nContent-Length: 12\r\n';
    const socket = await write(port, `POST /tasks/batch-get HTTP/1.1\r\nHost: a\r\n${head}\r\n{"tasks"`);
    await send(port, { path: '/livez' });
    program.signal('SIGTERM');
    await listenerClosed(port);
    socket.write(':[]}');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    socket.end();
    const reply = readReply(Buffer.concat(chunks).toString());
    expect([reply.status, reply.headers.connection]).toEqual([400, 'close']);
    expect(await program.ended).toEqual({ code: 0, signal: null });
  }, 30_000);
});

/** Bytes of the body that came until the other side closed. */
async function readToTheEnd(socket: Socket): Promise<number> {
  let bytes = 0;
  let head = '';
  for await (const chunk of socket) {
    bytes += (chunk as Buffer).length;
    if (!head.includes('\r\n\r\n')) head += (chunk as Buffer).toString('latin1', 0, 4_096);
  }
  socket.end();
  expect(head).toMatch(/^HTTP\/1\.1 200 /);
  return bytes - head.indexOf('\r\n\r\n') - 4;
}
