import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../support/redis-server.ts';
import { startGateway } from './gateway.mjs';
import { isInstalled } from './machine.mjs';
import { startNode } from './program.mjs';

/** The id of a finished task. */
export const TASK_ID = '8abfa7b272adc5b40172b73130065ae7';

/** How a reader names a task; `{n}` for ids that the load generator makes up. */
export const taskPath = (id) => `/tasks/dms/${id}`;

/**
 * What all suites share: Redis, an upstream, a folder, and the answer of the gateway that every server then serves.
 * @param access one of `ACCESS_MODES`, for every gateway
 */
export async function setStage(access) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const redis = isInstalled('redis-server') ? await startRedis() : null;
  const program = await startNode('test/load/upstream.mjs', { server: false });
  const control = async (query = '') => (await fetch(`${program.url}/_control${query}`)).json();
  const upstream = {
    ...program,
    /** Sets the delay in milliseconds, and starts to count anew. */
    control: (delay) => control(`?delay=${delay}`),
    /** Calls since the last look. */
    calls: async () => (await control()).calls,
    /** Calls since the last look, by the letters before the first digit of an id. */
    callsOf: async () => (await control()).callsOf,
    /** Changes each task whose id begins with `watch`, at its next look. */
    change: () => control('?change'),
    /** Ends those whose id begins with this, at their next look. */
    end: (prefix) => control(`?end=${prefix}`),
    /** Milliseconds of the clock that all processes share: when an answer first told of the last change; null before. */
    toldAt: async () => (await control()).toldAt,
  };
  const stage = { access, folder, redisUrl: redis?.url ?? null, upstream, payloadFile: join(folder, 'task.json') };
  writeFileSync(stage.payloadFile, await realAnswer(stage));
  const clear = async () => {
    await program.stop();
    await redis?.stop();
  };
  return { ...stage, clear };
}

async function realAnswer(stage) {
  const gateway = await startGateway(stage);
  const reply = await fetch(gateway.url + taskPath(TASK_ID), { headers: gateway.headers });
  const body = await reply.text();
  await gateway.stop();
  if (reply.status !== 200) throw new Error(`the gateway answered ${reply.status}: ${body}`);
  return body;
}
