import { afterAll, beforeAll, expect } from '@jest/globals';
import { Agent, request } from 'node:http';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { eventually } from '../support/eventually.js';
import { startGatewayProgram } from '../support/gateway-program.js';
import type { GatewayProgram } from '../support/gateway-program.js';
import type { RequestHeaders } from '../support/http-client.js';
import { needing } from '../support/needing.js';
import { freePorts } from '../support/redis-server.js';
import { openStream } from '../support/stream-reader.js';
import { startExample } from './support/nginx.js';
import type { ProxiedGateways } from './support/nginx.js';

const PROCESSES = 2;
const REQUESTS_PER_SECOND = 60;
const FINISHED = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
const EXPORT = 'c1c2c3d4e5f60718293a4b5c6d7e8f90';
const FILE_BYTES = 4 * 1_048_576;
/** One for each restart, and one for the time after them. */
const IDS = Array.from({ length: PROCESSES + 1 }, (_, index) => `f${index}f2c3d4e5f60718293a4b5c6d7e8f90`);

const { describe, it } = needing('nginx');

let simulator: Simulator;
let gateways: GatewayProgram[] = [];
let nginx: ProxiedGateways | undefined;
const agent = new Agent({ keepAlive: true });

const say = (id: string, status: string): void =>
  simulator.control.putReply({
    service: 'ims',
    id,
    body: { job_id: id, status, job_type: 'createImage', entities: {} },
  });

async function startOn(port: number): Promise<GatewayProgram> {
  return startGatewayProgram({
    config: { server: { drainSeconds: 0.5, shutdownSeconds: 60 } },
    env: { PORT: String(port) },
    simulatorUrl: simulator.url,
  });
}

beforeAll(async () => {
  simulator = await startSimulator();
  const file = JSON.stringify({ FileName: 'large', FileType: '.txt', Comment: ' '.repeat(FILE_BYTES) });
  const body = { task_id: EXPORT, task_status: 'succeed', task_type: 'export_api', task_result: file };
  simulator.control.putReply({ service: 'apig', id: EXPORT, body });
  for (const id of IDS) say(id, 'RUNNING');
});
afterAll(async () => {
  agent.destroy();
  await nginx?.stop();
  for (const { kill } of gateways) await kill();
  await simulator.close();
});

/** Asks through nginx. @returns what was wrong; null where the answer came whole */
function ask(port: number, path: string, headers = {}, expected: readonly number[] = [200]): Promise<string | null> {
  return new Promise((resolve) => {
    request({ host: '127.0.0.1', port, path, headers, agent }, (reply) => {
      let bytes = 0;
      reply.on('data', (chunk: Buffer) => (bytes += chunk.length));
      reply.on('error', ({ message }) => resolve(`${path}: ${message}`));
      reply.on('close', () => {
        const isWhole = reply.complete && (!path.endsWith('/artifact') || bytes === FILE_BYTES);
        const isExpected = expected.includes(reply.statusCode ?? 0);
        resolve(
          isWhole && isExpected ? null : `${path}: ${reply.statusCode}, ${bytes} bytes, whole: ${reply.complete}`,
        );
      });
    })
      .on('error', ({ message }) => resolve(`${path}: ${message}`))
      .end();
  });
}

/** Follows a task as an EventSource does, over as many streams as it takes. @returns the statuses that it was told */
async function follow(port: number, id: string): Promise<readonly string[]> {
  const told: string[] = [];
  let last = '';
  for (;;) {
    const headers: RequestHeaders = last === '' ? {} : { 'last-event-id': last };
    const stream = await openStream(port, { path: `/tasks/ims/${id}/events`, headers });
    const isWhole = await stream.ended;
    const { reason } = JSON.parse(stream.events.at(-1)?.data ?? '{}') as { readonly reason?: string };
    for (const { event, id: eventId = last, data } of stream.events) {
      if (event !== 'task') continue;
      last = eventId;
      told.push((JSON.parse(data) as { readonly task: { readonly status: string } }).task.status);
    }
    if (stream.status !== 200 || !isWhole || reason === undefined) told.push(`cut off: ${stream.status}`);
    if (reason === 'done' || told.length > 2) return told;
  }
}

describe('gateways behind nginx that are restarted one after another', () => {
  it('fail no request, cut off no wait and no download, and lose no event', async () => {
    const ports = await freePorts(PROCESSES);
    gateways = await Promise.all(ports.map(startOn));
    nginx = await startExample(ports);
    const { port } = nginx;
    const asked: Promise<string | null>[] = [];
    const timer = setInterval(() => asked.push(ask(port, FINISHED)), 1000 / REQUESTS_PER_SECOND);
    const load = { isOver: false };
    const again = async (what: () => Promise<string | null>): Promise<void> => {
      while (!load.isOver) {
        const answer = what();
        asked.push(answer);
        await answer;
      }
    };
    const [, , waited = ''] = IDS;
    const busy = [
      again(() => ask(port, `/tasks/apig/${EXPORT}/artifact`)),
      again(() => ask(port, `/tasks/ims/${waited}`, { prefer: 'wait=5' })),
    ];
    const followed = IDS.map((id) => follow(port, id));
    for (const [index, own] of ports.entries()) {
      const { program } = gateways[index] ?? (await startOn(own));
      const before = asked.length;
      await eventually(() => asked.length > before + REQUESTS_PER_SECOND);
      program.signal('SIGTERM');
      // While one of them ends.
      say(IDS[index] ?? '', 'SUCCESS');
      expect(await program.ended).toEqual({ code: 0, signal: null });
      gateways[index] = await startOn(own);
    }
    say(IDS.at(-1) ?? '', 'SUCCESS');
    expect(await Promise.all(followed)).toEqual(IDS.map(() => ['running', 'succeeded']));
    load.isOver = true;
    clearInterval(timer);
    await Promise.all(busy);
    expect((await Promise.all(asked)).filter((answer) => answer !== null)).toEqual([]);
  });
});
