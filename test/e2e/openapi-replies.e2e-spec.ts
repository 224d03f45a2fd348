import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ProblemsController, ProvidersController } from '../../apps/gateway/src/catalog/catalog.controllers.js';
import { HealthController } from '../../apps/gateway/src/health/health.controller.js';
import { VersionController } from '../../apps/gateway/src/health/version.controller.js';
import { TasksController } from '../../apps/gateway/src/tasks/tasks.controller.js';
import { StreamsController } from '../../apps/gateway/src/watch/streams.controller.js';
import type { FaultInput } from '../../apps/cloud-simulator/src/control/control.js';
import { loadFixtures } from '@gateway/providers/testing';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { keepBusy } from '../support/busy-loop.js';
import { eventually } from '../support/eventually.js';
import type { Ask, Reply } from '../support/http-client.js';
import { OPENAPI } from '../support/openapi.js';
import { APIG_INSTANCE, PROJECT, REGION } from '../support/tasks.js';
import { breakAll } from './support/break-all.js';

/** An export: a task that also has a file. */
const EXPORT = '78d908e03b14863d91993e111a2982f8';
const TASK = `/tasks/apig/${EXPORT}`;
const TASK_OPERATIONS = [
  ['getTask', 'GET', ''],
  ['headTask', 'HEAD', ''],
  ['getTaskArtifact', 'GET', '/artifact'],
] as const;
const STREAM = ['watchTask', 'GET', '/events'] as const;

function posted(path: string): Ask {
  const body = JSON.stringify({ tasks: [{ provider: 'apig', id: EXPORT }] });
  return { path, method: 'POST', headers: { 'content-type': 'application/json' }, body };
}

/** One well-formed request for each operation. */
const REQUESTS: Readonly<Record<string, Ask>> = {
  getTask: { path: TASK },
  headTask: { path: TASK, method: 'HEAD' },
  getTaskArtifact: { path: `${TASK}/artifact` },
  batchGetTasks: posted('/tasks/batch-get'),
  watchTask: { path: `${TASK}/events` },
  watchTasks: posted('/tasks/events'),
  listProviders: { path: '/providers' },
  getProvider: { path: '/providers/apig' },
  listProblems: { path: '/problems' },
  getProblem: { path: '/problems/task-not-found' },
  getLiveness: { path: '/livez' },
  getReadiness: { path: '/readyz' },
  getVersion: { path: '/version' },
  getOpenApiDocument: { path: '/openapi.json' },
  getDocs: { path: '/docs' },
};
const named = Object.entries(REQUESTS);

let simulator: Simulator;
/** Its only region is asked with each caller's own token. */
let gateway: Gateway;
beforeAll(async () => {
  simulator = await startSimulator();
  const region = { name: REGION, iam: '${SIMULATOR_URL}/iam', endpoint: '${SIMULATOR_URL}/{service}' };
  gateway = await startGateway({
    simulator,
    config: {
      regions: [{ ...region, credentials: { mode: 'passthrough' } }],
      providers: [{ id: 'apig', region: REGION, projectId: PROJECT, instanceId: APIG_INSTANCE }],
      upstream: { retries: 0 },
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await simulator.close();
});
afterEach(() => simulator.control.clearFaults());

/** A token that nobody has used, so that nothing is remembered for it. */
const newToken = (): string => simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId: PROJECT });

const statusOf = async (reply: Promise<Reply>): Promise<number> => (await reply).status;

it('requests of this spec: one for every operation', () => {
  const operations = Object.values(OPENAPI.paths).flatMap((methods) => Object.values(methods));
  expect(Object.keys(REQUESTS).toSorted()).toEqual(operations.map(({ operationId }) => operationId).toSorted());
});

describe.each(TASK_OPERATIONS)('%s answers', (_id, method, suffix) => {
  const ask = (headers: Readonly<Record<string, string>>): Promise<Reply> =>
    gateway.ask({ method, path: TASK + suffix, headers });

  it('200, and 304 where the validator matches', async () => {
    const token = { 'x-auth-token': newToken() };
    const { status, headers } = await ask(token);
    expect(status).toBe(200);
    expect(await statusOf(ask({ ...token, 'if-none-match': headers.etag ?? '' }))).toBe(304);
  });
});

describe.each([...TASK_OPERATIONS, STREAM])('%s answers', (_id, method, suffix) => {
  const path = TASK + suffix;
  const ask = (headers: Readonly<Record<string, string>>, from = path): Promise<Reply> =>
    gateway.ask({ method, path: from, headers });

  it('401 without a token, 404 without a task', async () => {
    expect(await statusOf(ask({}))).toBe(401);
    expect(await statusOf(ask({ 'x-auth-token': newToken() }, `/tasks/apig/${'0'.repeat(32)}${suffix}`))).toBe(404);
  });

  it('504 with only-if-cached where nothing is stored', async () => {
    expect(await statusOf(ask({ 'x-auth-token': newToken(), 'cache-control': 'only-if-cached' }))).toBe(504);
  });

  it.each<[number, FaultInput]>([
    [403, { kind: 'html', status: 403 }],
    [429, { kind: 'throttling', retryAfter: '7' }],
    [502, { kind: 'html', status: 500 }],
    [503, { kind: 'error', status: 503, headers: { 'Retry-After': '12' }, text: '' }],
  ])('%i when the upstream fails that way', async (status, fault) => {
    simulator.control.putFault('apig', fault);
    expect(await statusOf(ask({ 'x-auth-token': newToken() }))).toBe(status);
  });
});

describe('watchTask answers', () => {
  it('200 until the task is done, 204 where that is known', async () => {
    const token = { 'x-auth-token': newToken() };
    const { status, text } = await gateway.get(`${TASK}/events`, token);
    expect(status).toBe(200);
    const known = { ...token, 'last-event-id': /^id: (.*)$/m.exec(text)?.[1] ?? '' };
    expect(await statusOf(gateway.get(`${TASK}/events`, known))).toBe(204);
  });
});

describe('watchTasks answers', () => {
  it('200 until all tasks are done', async () => {
    expect(await statusOf(gateway.ask(posted('/tasks/events')))).toBe(200);
  });

  it('429 to a caller who has as many as one may have', async () => {
    const busy = await startGateway({ simulator, config: { streams: { perCaller: 1 } } });
    const unfinished = loadFixtures('ims').find(({ task }) => task?.done === false);
    const path = `/tasks/ims/${unfinished?.request.id}/events`;
    const open = await fetch(`${busy.url}${path}`);
    expect(open.status).toBe(200);
    for (const request of [{ path }, posted('/tasks/events')]) expect(await statusOf(busy.ask(request))).toBe(429);
    await open.body?.cancel();
    await busy.close();
  });

  it('503 where there are as many streams as there may be', async () => {
    const busy = await startGateway({ simulator, config: { streams: { max: 0 } } });
    const status = await statusOf(busy.ask(posted('/tasks/events')));
    await busy.close();
    expect(status).toBe(503);
  });
});

describe.each(['batch-get', 'events'])('POST /tasks/%s answers', (name) => {
  const post = (body: string, headers = {}): Promise<Reply> =>
    gateway.ask({
      method: 'POST',
      path: `/tasks/${name}`,
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });

  it('400 where members are null', async () => {
    const task = { provider: 'apig', id: EXPORT, region: null, projectId: null, instanceId: null };
    const { status, body } = await post(JSON.stringify({ tasks: [task], view: null }));
    expect(status).toBe(400);
    expect(body).toMatchObject({
      errors: ['/tasks/0/region', '/tasks/0/projectId', '/tasks/0/instanceId', '/view'].map((pointer) => ({ pointer })),
    });
  });

  it('413 to a large body, 415 to what is not JSON', async () => {
    expect(await statusOf(post(JSON.stringify({ tasks: ['x'.repeat(66_000)] })))).toBe(413);
    expect(await statusOf(post('tasks', { 'content-type': 'text/plain' }))).toBe(415);
  });
});

describe('every operation', () => {
  it.each(named.filter(([id]) => !id.includes('Task')))('%s: 200', async (_id, request) => {
    expect(await statusOf(gateway.ask(request))).toBe(200);
  });

  it.each([...TASK_OPERATIONS, STREAM])('%s: 400 to an unknown parameter', async (_id, method, suffix) => {
    expect(await statusOf(gateway.ask({ method, path: `${TASK}${suffix}?colour=blue` }))).toBe(400);
  });

  it.each(named.filter(([id]) => id !== 'headTask'))('%s: 400 to an unknown Expect', async (_id, request) => {
    expect(await statusOf(gateway.ask({ ...request, headers: { ...request.headers, expect: 'wonders' } }))).toBe(400);
  });

  it.each(named)('%s: 414 to a long URL', async (_id, request) => {
    expect(await statusOf(gateway.ask({ ...request, path: `${request.path}?${'x'.repeat(8_200)}` }))).toBe(414);
  });
});

describe('every operation of a gateway that has more to do than it can', () => {
  it.each(named.filter(([id]) => !['getLiveness', 'getReadiness'].includes(id)))('%s: 503', async (_id, request) => {
    const late = await startGateway({ simulator, config: { limits: { maxEventLoopDelayMs: 1 } } });
    const free = keepBusy();
    try {
      await eventually(async () => (await statusOf(late.ask(request))) === 503);
    } finally {
      free();
      await late.close();
    }
  });
});

describe('every operation for known callers', () => {
  it.each([
    ...named.filter(([id]) => /Provider|Version/.test(id)),
    ['batchGetTasks', REQUESTS['batchGetTasks'] as Ask] as const,
  ])('%s: 429 to who has sent too many', async (_id, request) => {
    const limits = { requestsPerSecond: 0.001, burst: 1 };
    const strict = await startGateway({ simulator, config: { limits } });
    await strict.ask(request);
    expect(await statusOf(strict.ask(request))).toBe(429);
    await strict.close();
  });
});

describe('every operation of a gateway with a bug in it', () => {
  let broken: Gateway;
  let restore: () => void;
  beforeAll(async () => {
    restore = breakAll([
      TasksController,
      StreamsController,
      ProvidersController,
      ProblemsController,
      HealthController,
      VersionController,
    ]);
    broken = await startGateway({ simulator });
  });
  afterAll(async () => {
    restore();
    await broken.close();
  });

  const files = ['getDocs', 'getOpenApiDocument'];
  it.each(named.filter(([id]) => !files.includes(id)))('%s: 500, as a problem', async (_id, request) => {
    expect(await statusOf(broken.ask(request))).toBe(500);
  });
});
