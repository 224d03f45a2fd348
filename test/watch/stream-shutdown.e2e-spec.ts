import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { startGatewayProgram } from '../support/gateway-program.js';
import type { GatewayProgram } from '../support/gateway-program.js';
import { send } from '../support/http-client.js';
import { eventually } from '../support/eventually.js';
import { openStream } from '../support/stream-reader.js';
import type { StreamReader } from '../support/stream-reader.js';

/** Seconds, longer than any test: nothing that ends in time has waited for it. */
const LONG = 3_000;
const SHUTDOWN = [{ kind: 'end', reason: 'shutdown' }];

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(server: object): Promise<GatewayProgram> {
  const gateway = await startGatewayProgram({
    config: { server: { shutdownSeconds: LONG, ...server }, streams: { perCaller: 1_000 } },
    simulatorUrl: simulator.url,
  });
  cleanups.push(gateway.kill);
  return gateway;
}

const newTask = () => {
  const { id } = simulator.control.createTask({ service: 'ims', runningMs: 3_600_000 });
  return { provider: 'ims', id };
};

async function one(port: number): Promise<StreamReader> {
  const reader = await openStream(port, { path: `/tasks/ims/${newTask().id}/events` });
  cleanups.push(reader.close);
  return reader;
}

async function many(port: number): Promise<StreamReader> {
  const reader = await openStream(port, {
    method: 'POST',
    path: '/tasks/events',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tasks: [newTask(), newTask()] }),
  });
  cleanups.push(reader.close);
  return reader;
}

describe('SIGTERM', () => {
  it('open streams: each is told to come again, and ends; then the process does', async () => {
    const { port, program } = await start({ drainSeconds: 0 });
    const readers = await Promise.all(Array.from({ length: 300 }, (_, n) => (n % 3 === 0 ? many(port) : one(port))));
    await Promise.all(readers.map((reader, n) => reader.data('task', n % 3 === 0 ? 2 : 1)));
    program.signal('SIGTERM');
    expect(await Promise.all(readers.map(({ ended }) => ended))).toEqual(readers.map(() => true));
    for (const reader of readers) {
      expect(await reader.data('end')).toEqual(SHUTDOWN);
      expect(reader.retries).toHaveLength(2);
    }
    expect(await program.ended).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('stream that begins during the drain: served, told that it is the last of its connection, and ended with the rest', async () => {
    const { port, program } = await start({ drainSeconds: 2 });
    program.signal('SIGTERM');
    await eventually(async () => (await send(port, { path: '/readyz' })).status === 503);
    const reader = await one(port);
    expect([reader.status, reader.headers.connection]).toEqual([200, 'close']);
    await reader.data('task');
    expect(await reader.ended).toBe(true);
    expect(await reader.data('end')).toEqual(SHUTDOWN);
    expect(await program.ended).toEqual({ code: 0, signal: null });
  }, 60_000);
});
