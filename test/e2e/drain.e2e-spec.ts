import { afterEach, beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { eventually } from '../support/eventually.js';
import { startGatewayProgram } from '../support/gateway-program.js';
import type { GatewayProgram } from '../support/gateway-program.js';
import { send, talk } from '../support/http-client.js';
import type { Reply } from '../support/http-client.js';
import { contradictions } from '../support/openapi.js';
import { expectProblem } from '../support/problems.js';
import { freePort } from '../support/redis-server.js';

const TASK = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
const TOKEN = 'operator-token-of-32-characters-!';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const running: GatewayProgram[] = [];
afterEach(async () => {
  for (const { kill } of running.splice(0)) await kill();
});

async function start(server: object, config: Readonly<Record<string, unknown>> = {}): Promise<GatewayProgram> {
  const gateway = await startGatewayProgram({
    config: { server, ...config },
    env: { ADMIN_TOKEN: TOKEN },
    simulatorUrl: simulator.url,
  });
  running.push(gateway);
  return gateway;
}

/** Asks as who would keep the connection, and reads until it is closed. */
async function askAndKeep(port: number, path: string, headers = '', method = 'GET'): Promise<Reply> {
  const reply = await talk(port, `${method} ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
  if (method === 'GET') expect(contradictions('GET', path, reply)).toEqual([]);
  expect(reply.headers.connection).toBe('close');
  return reply;
}

const isReady = async (port: number): Promise<boolean> => (await send(port, { path: '/readyz' })).status === 200;

describe.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('a gateway that gets %s', (signal, code) => {
  it('not ready, serves on for server.drainSeconds, and a second one: ends at once', async () => {
    const adminPort = await freePort();
    const admin = { port: adminPort, token: '${ADMIN_TOKEN}' };
    const gateway = await start({ drainSeconds: 3_000, shutdownSeconds: 3_000 }, { admin });
    const { port, program } = gateway;
    expect(await isReady(port)).toBe(true);
    program.signal(signal);
    await eventually(async () => !(await isReady(port)));
    const detail = 'This gateway is stopping: ask another one.';
    expectProblem(gateway, await askAndKeep(port, '/readyz'), 'gateway-busy', { detail, retryAfterSeconds: 5 });
    expect((await askAndKeep(port, '/livez')).status).toBe(200);
    expect((await askAndKeep(port, '/tasks/%zz')).status).toBe(400);
    for (const source of ['live', 'cache', 'cache'])
      expect((await askAndKeep(port, TASK)).body).toMatchObject({ status: 'succeeded', source });
    const purge = ['/admin/cache/providers/ims', `Authorization: Bearer ${TOKEN}\r\n`, 'DELETE'] as const;
    expect((await askAndKeep(adminPort, ...purge)).status).toBe(200);
    const again = setInterval(() => program.signal(signal), 20);
    expect(await program.ended).toEqual({ code, signal: null });
    clearInterval(again);
    expect(program.err()).toBe('');
  }, 30_000);

  it('server.drainSeconds over: ends by itself', async () => {
    const { program } = await start({ drainSeconds: 0.3, shutdownSeconds: 3_000 });
    program.signal(signal);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.err()).toBe('');
  }, 30_000);
});
