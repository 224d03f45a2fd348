import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { loadFixtures } from '@gateway/providers/testing';
import type { Fixture } from '@gateway/providers/testing';
import type { Task, TaskData } from '@gateway/tasks';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import type { Reply } from '../support/http-client.js';
import { noProvider, problemBody } from '../support/problems.js';
import { REGION, PROJECT, regionsOf, taskIn, taskOf } from '../support/tasks.js';

interface Ref {
  readonly provider: string;
  readonly id: string;
  readonly [member: string]: unknown;
}
interface Item {
  readonly ref: Ref;
  readonly status: number;
  readonly etag?: string;
  readonly task?: Task;
  readonly problem?: unknown;
}

const IMPORT = { provider: 'apig', id: 'd9ce8c9eede54b3f841ec324fe0bfdc2' };
const IMAGE = { provider: 'ims', id: 'ff8080814dbd65d7014dbe0d84db0013' };
const ADDRESS = { provider: 'dms', id: '8abfa7b272adc5b40172b73130065ae7' };
const NOBODY = { provider: 'apig', id: '00000000000000000000000000000000' };

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ config: { upstream: { retries: 0, attemptMs: 1_500, requestMs: 1_500 } } });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.control.clearRequests());
afterEach(() => gateway.simulator.control.clearFaults());

const batch = (tasks: readonly unknown[], more: object = {}): Promise<Reply> =>
  gateway.post('/tasks/batch-get', { tasks, ...more });

function itemsOf({ status, body }: Reply): readonly Item[] {
  expect(status).toBe(207);
  return (body as { items: readonly Item[] }).items;
}

/** Living tasks with ids that no other test has asked for. */
function newTasks(count: number, service = 'ims'): readonly Ref[] {
  return Array.from({ length: count }, () => {
    const { id } = gateway.simulator.control.createTask({ service });
    return { provider: service, id };
  });
}

describe('a batch', () => {
  it('several tasks: in the order of the request, as each alone', async () => {
    const refs = [ADDRESS, IMPORT, IMAGE];
    const items = itemsOf(await batch(refs, {}));
    expect(items.map(({ ref }) => ref)).toEqual(refs);
    for (const { ref, status, etag, task } of items) {
      const alone = await gateway.get(`/tasks/${ref.provider}/${ref.id}`);
      expect(status).toBe(200);
      expect(etag).toBe(alone.headers.etag);
      expect({ ...task, source: 'cache' }).toEqual(taskIn(alone));
    }
  });

  it('tasks of all providers: each as its fixture means it, by the defaults alone', async () => {
    const examples = PROVIDERS.map(({ id: provider }) => ({ provider, ...(loadFixtures(provider)[0] as Fixture) }));
    const refs = examples.map(({ provider, request: { id } }) => ({ provider, id }));
    const items = itemsOf(await gateway.post('/tasks/batch-get', { tasks: refs }, { 'cache-control': 'no-cache' }));
    expect(items.map(({ ref, status }) => [ref, status])).toEqual(refs.map((ref) => [ref, 200]));
    expect(items.map(({ task }) => task)).toEqual(
      examples.map(({ provider, task, artifact }) =>
        taskOf(task as TaskData, { provider, hasArtifact: artifact !== undefined }),
      ),
    );
  });

  it('a hundred tasks: each is asked for once', async () => {
    const refs = newTasks(100);
    const items = itemsOf(await batch(refs));
    expect(items.map(({ ref, status, task }) => [ref, status, task?.id])).toEqual(
      refs.map((ref) => [ref, 200, ref.id]),
    );
    expect(gateway.asked()).toHaveLength(100);
  });

  it('task named several times: asked for once', async () => {
    const [one, two] = newTasks(2) as [Ref, Ref];
    const items = itemsOf(await batch([one, two, one, one, two]));
    expect(items.map(({ task }) => task?.id)).toEqual([one.id, two.id, one.id, one.id, two.id]);
    expect(gateway.asked()).toHaveLength(2);
  });

  it('references: repeated as they were given', async () => {
    const [{ id }] = newTasks(1) as [Ref];
    const refs = [
      { provider: 'ims', id, region: REGION },
      { provider: 'ims', id, projectId: PROJECT },
    ];
    const items = itemsOf(await batch(refs));
    expect(items.map(({ ref }) => ref)).toEqual(refs);
    expect(items.map(({ task }) => task?.scope)).toEqual(
      [1, 2].map(() => ({ region: REGION, projectId: PROJECT, instanceId: null })),
    );
  });

  it('view: that of all tasks', async () => {
    const items = itemsOf(await batch([IMPORT, ADDRESS], { view: 'basic' }));
    for (const { ref, etag, task } of items) {
      expect(task).toMatchObject({ view: 'basic', result: null, parameters: null, children: [] });
      expect(etag).toBe((await gateway.get(`/tasks/${ref.provider}/${ref.id}?view=basic`)).headers.etag);
    }
  });

  it('stored tasks: shared with single requests, unless no-cache', async () => {
    const refs = newTasks(2);
    await batch(refs);
    expect(itemsOf(await batch(refs)).map(({ task }) => task?.source)).toEqual(['cache', 'cache']);
    const asked = await gateway.post('/tasks/batch-get', { tasks: refs }, { 'cache-control': 'no-cache' });
    expect(itemsOf(asked).map(({ task }) => task?.source)).toEqual(['live', 'live']);
    expect(gateway.asked()).toHaveLength(4);
  });

  it('reply: not to be stored by others', async () => {
    const { headers } = await batch([IMPORT]);
    expect(headers).toMatchObject({ 'cache-control': 'private, no-cache', vary: 'X-Auth-Token' });
  });
});

describe('an item that fails', () => {
  it('any fault: a problem of its own', async () => {
    const refs = [
      { provider: 'nowhere', id: 'x' },
      { provider: 'Apig', id: 'x' },
      { provider: 'constructor', id: 'x' },
      { provider: '__proto__', id: 'x' },
      { provider: 'ims', id: '../secrets' },
      { provider: 'ims', id: 'x'.repeat(8_000) },
      { provider: 'ims', id: '' },
      { provider: 'dms', id: 'x', region: 'moon', projectId: '..', instanceId: '' },
      NOBODY,
      IMPORT,
    ];
    const items = itemsOf(await batch(refs));
    expect(items.map(({ ref }) => ref)).toEqual(refs);
    expect(items.map(({ status }) => status)).toEqual([404, 404, 404, 404, 400, 400, 400, 400, 404, 200]);
    const unknown = problemBody(gateway.url, 'provider-not-found', { detail: await noProvider(gateway) });
    const mistyped = problemBody(gateway.url, 'provider-not-found', { detail: await noProvider(gateway, 'apig') });
    const badId = problemBody(gateway.url, 'validation-failed', {
      provider: 'ims',
      errors: [{ detail: 'id must match ^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$', parameter: 'id' }],
    });
    const scopePattern = 'must match ^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$';
    expect(items.slice(0, 8).map(({ problem }) => problem)).toEqual([
      unknown,
      mistyped,
      unknown,
      unknown,
      badId,
      badId,
      badId,
      problemBody(gateway.url, 'validation-failed', {
        provider: 'dms',
        detail: '3 violations, see errors',
        errors: [
          {
            detail: `region is not one that this gateway serves: choose one of ${regionsOf('ims').join(', ')}.`,
            parameter: 'region',
          },
          { detail: `projectId ${scopePattern}`, parameter: 'projectId' },
          { detail: `instanceId ${scopePattern}`, parameter: 'instanceId' },
        ],
      }),
    ]);
    expect(items[8]?.problem).toEqual(
      problemBody(gateway.url, 'task-not-found', {
        provider: 'apig',
        upstream: { status: 404, code: 'APIG.3093', requestId: expect.any(String) as unknown as string },
      }),
    );
  });

  it('its problem: names the request that it belongs to', async () => {
    const reply = await gateway.post('/tasks/batch-get', { tasks: [NOBODY] }, { 'x-request-id': 'my-batch' });
    expect(itemsOf(reply)[0]?.problem).toMatchObject({ requestId: 'my-batch' });
  });

  it.each([
    [{ kind: 'unavailable' }, 'UPSTREAM_UNAVAILABLE', 503],
    [{ kind: 'throttling', form: 'APIGW.0308' }, 'UPSTREAM_THROTTLED', 503],
    [{ kind: 'html', status: 500 }, 'UPSTREAM_ERROR', 502],
    [{ kind: 'reset' }, 'UPSTREAM_UNREACHABLE', 502],
    [{ kind: 'hang' }, 'UPSTREAM_TIMEOUT', 504],
  ] as const)('upstream down (%j): only the items of that upstream fail', async (fault, code, status) => {
    const [image] = newTasks(1) as [Ref];
    const [first, second] = newTasks(2, 'dms') as [Ref, Ref];
    gateway.simulator.control.putFault('ims', fault);
    const items = itemsOf(await batch([first, image, second]));
    expect(items.map((item) => item.status)).toEqual([200, status, 200]);
    expect(items[1]?.problem).toMatchObject({ code, provider: 'ims', status });
  });

  it('only-if-cached: a problem where nothing is stored', async () => {
    const [known, unknown] = newTasks(2) as [Ref, Ref];
    await batch([known]);
    const reply = await gateway.post(
      '/tasks/batch-get',
      { tasks: [known, unknown] },
      { 'cache-control': 'only-if-cached' },
    );
    expect(itemsOf(reply).map(({ status }) => status)).toEqual([200, 504]);
    expect(gateway.asked()).toHaveLength(1);
  });
});
