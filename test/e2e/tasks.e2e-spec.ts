import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { loadFixtures } from '@gateway/providers/testing';
import type { Fixture } from '@gateway/providers/testing';
import type { Provider, TaskData } from '@gateway/tasks';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import type { Reply } from '../support/http-client.js';
import {
  APIG_INSTANCE,
  lookedAtAgain,
  DMS_INSTANCE,
  PROJECT,
  REGION,
  someTime,
  someVersion,
  taskIn,
  taskOf,
} from '../support/tasks.js';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const EXAMPLES = PROVIDERS.flatMap((provider) =>
  loadFixtures(provider.id).map((fixture) => ({ name: `${provider.id} ${fixture.name}`, provider, fixture })),
);
const TASKS = EXAMPLES.flatMap(({ name, provider, fixture }) =>
  fixture.task === undefined ? [] : [{ name, provider, fixture, task: fixture.task }],
);
const NO_TASKS = EXAMPLES.filter(({ fixture }) => fixture.reading !== undefined);

/** Several examples have one id: each is played before it is asked for, and not kept. */
function play({ id: provider }: Provider, { request, reply }: Fixture, query = ''): Promise<Reply> {
  gateway.simulator.control.putReply({ service: provider, id: request.id, ...reply });
  return gateway.get(`/tasks/${provider}/${request.id}${query}`, { 'cache-control': 'no-store' });
}

/** All examples are old, or do not say how old they are. */
function hintFor({ poll }: Provider): (facts: TaskData) => number {
  return ({ startedAt, createdAt, status }) =>
    status !== 'unknown' && startedAt === null && createdAt === null ? poll.minSeconds : poll.maxSeconds;
}

describe('the tasks of the demo', () => {
  it('APIG: an import', async () => {
    const reply = await gateway.get('/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2');
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      id: 'd9ce8c9eede54b3f841ec324fe0bfdc2',
      provider: 'apig',
      scope: { region: REGION, projectId: PROJECT, instanceId: APIG_INSTANCE },
      status: 'succeeded',
      done: true,
      outcome: 'success',
      upstreamStatus: 'succeed',
      type: 'import_api',
      progress: null,
      createdAt: null,
      startedAt: null,
      updatedAt: null,
      endedAt: null,
      parameters: null,
      result: {
        kind: 'apig.import',
        apigImport: {
          document: { id: 'de1852ab6c5e4090b0bd88a02058e650', result: 'Success' },
          groupId: '9100ae30705947cc9543d37cd7fb388c',
          succeeded: [{ id: 'ee93ce6815f04896b301452982b92222', action: 'create', method: 'GET', path: '/test1' }],
          failed: [],
          ignored: [],
          unread: null,
        },
      },
      error: null,
      resources: [
        { type: 'api', id: 'ee93ce6815f04896b301452982b92222', name: 'GET /test1', action: 'create' },
        { type: 'api_group', id: '9100ae30705947cc9543d37cd7fb388c' },
      ],
      counts: { succeeded: 1, failed: 0, ignored: 0 },
      children: [],
      observedAt: someTime(),
      source: 'live',
      pollAfterSeconds: null,
      version: someVersion(),
      view: 'full',
      links: {
        self: `/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2?region=${REGION}&projectId=${PROJECT}&instanceId=${APIG_INSTANCE}`,
      },
    });
  });

  it('IMS: an image of the older generation', async () => {
    const reply = await gateway.get('/tasks/ims/ff8080814dbd65d7014dbe0d84db0013');
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      id: 'ff8080814dbd65d7014dbe0d84db0013',
      provider: 'ims',
      scope: { region: REGION, projectId: PROJECT, instanceId: null },
      status: 'succeeded',
      done: true,
      outcome: 'success',
      upstreamStatus: 'SUCCESS',
      type: 'createImageByInstance',
      progress: null,
      createdAt: null,
      startedAt: '2015-06-04T18:11:06.586Z',
      updatedAt: null,
      endedAt: null,
      parameters: null,
      result: {
        kind: 'ims.image',
        imsImage: { imageId: 'e9e91bff-14b6-4a0b-8377-4ed0813e3360', imageName: null, items: [] },
      },
      error: null,
      resources: [{ type: 'image', id: 'e9e91bff-14b6-4a0b-8377-4ed0813e3360' }],
      counts: null,
      children: [],
      observedAt: someTime(),
      source: 'live',
      pollAfterSeconds: null,
      version: someVersion(),
      view: 'full',
      links: { self: `/tasks/ims/ff8080814dbd65d7014dbe0d84db0013?region=${REGION}&projectId=${PROJECT}` },
    });
  });

  it('DMS: an address that was bound', async () => {
    const reply = await gateway.get('/tasks/dms/8abfa7b272adc5b40172b73130065ae7');
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      id: '8abfa7b272adc5b40172b73130065ae7',
      provider: 'dms',
      scope: { region: REGION, projectId: PROJECT, instanceId: DMS_INSTANCE },
      status: 'succeeded',
      done: true,
      outcome: 'success',
      upstreamStatus: 'SUCCESS',
      type: 'bindInstancePublicIp',
      progress: null,
      createdAt: '2020-06-15T08:55:53.606Z',
      startedAt: '2020-06-15T08:55:53.606Z',
      updatedAt: '2020-06-15T08:55:56.600Z',
      endedAt: '2020-06-15T08:55:56.600Z',
      parameters: {
        public_ip_id: '1aea7aed-e7d8-40ea-b3de-6f3ee9d5db9f',
        public_ip_address: '100.93.2.18',
        enable_public_ip: true,
      },
      result: null,
      error: null,
      resources: [
        { type: 'public_ip', id: '1aea7aed-e7d8-40ea-b3de-6f3ee9d5db9f', name: '100.93.2.18', action: 'bind' },
      ],
      counts: null,
      children: [],
      observedAt: someTime(),
      source: 'live',
      pollAfterSeconds: null,
      version: someVersion(),
      view: 'full',
      links: {
        self: `/tasks/dms/8abfa7b272adc5b40172b73130065ae7?region=${REGION}&projectId=${PROJECT}&instanceId=${DMS_INSTANCE}`,
      },
    });
  });
});

describe('every documented example', () => {
  it.each(TASKS)('$name: a whole task', async ({ provider, fixture, task }) => {
    const reply = await play(provider, fixture);
    const presentation = {
      provider: provider.id,
      poll: hintFor(provider),
      hasArtifact: fixture.artifact !== undefined,
    };
    expect(reply.body).toEqual(taskOf(task, presentation));
    expect(reply.status).toBe(200);
  });

  it.each(TASKS)('$name: says when to ask again in its header, too', async ({ provider, fixture }) => {
    const reply = await play(provider, fixture);
    const { pollAfterSeconds, done } = taskIn(reply);
    expect(reply.headers['retry-after']).toBe(done ? undefined : String(pollAfterSeconds));
  });

  it.each(TASKS)('$name, view=basic: itself without its long members', async ({ provider, fixture }) => {
    const full = taskIn(await play(provider, fixture));
    const basic = await play(provider, fixture, '?view=basic');
    const short = { view: 'basic', result: null, parameters: null, children: [], observedAt: someTime() };
    expect(basic.body).toEqual({ ...full, ...short });
  });

  it.each(TASKS)('$name: found again by its links', async ({ provider, fixture }) => {
    const first = taskIn(await play(provider, fixture));
    const again = taskIn(await gateway.get(first.links.self, { 'cache-control': 'no-store' }));
    expect(again).toEqual(lookedAtAgain(first));
  });

  it.each(NO_TASKS)('$name: a failed lookup, not a failed task', async ({ provider, fixture }) => {
    const reply = await play(provider, fixture);
    const notFound = fixture.reading === 'not-found';
    expect(reply.status).toBe(notFound ? 404 : 502);
    expect(reply.body).toMatchObject({
      type: `${gateway.url}/problems/${notFound ? 'task-not-found' : 'upstream-bad-response'}`,
      provider: provider.id,
    });
  });
});

describe('a default project', () => {
  it('provider with its own: used, else that of the region', async () => {
    const second = { projectId: '5f3a8e0d7c1b4e6f9a2d4c8b1e7f6a35', instanceId: '0d4f7b2a9c6e41f38b5a1c7d9e2f6b84' };
    const { simulator } = gateway;
    const elsewhere = await startGateway({ simulator, config: { providers: [{ id: 'apig', ...second }] } });
    const scopeOf = async (path: string) => taskIn(await elsewhere.get(path)).scope;
    expect(await scopeOf('/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2')).toMatchObject(second);
    expect(await scopeOf('/tasks/ims/ff8080814dbd65d7014dbe0d84db0013')).toMatchObject({ projectId: PROJECT });
    await elsewhere.close();
  });
});
