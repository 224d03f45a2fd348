import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Task } from '@gateway/tasks';
import { TaskStreams } from '../../apps/gateway/src/watch/task-streams.js';
import { TaskWatches } from '../../apps/gateway/src/watch/task-watches.js';
import { notFound, unavailable } from '../sharing/support/cloud.js';
import { eventually } from '../support/eventually.js';
import { INSTANCE, pathOf, PROJECT, referenceOf, startFollowedCloud } from './support/followed-cloud.js';
import type { FollowedCloud } from './support/followed-cloud.js';

let followed: FollowedCloud;
beforeEach(async () => {
  followed = await startFollowedCloud();
});
afterEach(() => followed.close());

interface Item {
  readonly ref: { readonly id: string };
  readonly task: Task;
}

const open = (tasks: readonly object[], more: object = {}) => followed.open('/tasks/events', {}, { tasks, ...more });
const idsOf = (items: readonly unknown[]): readonly string[] => items.map((item) => (item as Item).ref.id).toSorted();
const quick = (id: string) => ({ ...referenceOf(id), provider: 'apig', instanceId: INSTANCE });
const DONE = [{ kind: 'end', reason: 'done' }];

async function versionOf(id: string): Promise<string> {
  return ((await followed.gateway.ask({ path: pathOf(id) })).body as Task).version;
}

describe('stream of many tasks', () => {
  it('100 tasks: each at first, then as it changes; the end when all are over', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `task-${index}`);
    const reader = await open(ids.map((id) => referenceOf(id)));
    expect(idsOf(await reader.data('task', 100))).toEqual(ids.toSorted());
    expect(followed.gateway.app.get(TaskWatches).size).toBe(100);
    for (const id of ids) await followed.change(id, 'SUCCESS');
    expect(await reader.ended).toBe(true);
    const items = (await reader.data('task', 200)).slice(100) as readonly Item[];
    expect(idsOf(items)).toEqual(ids.toSorted());
    expect(new Set(items.map(({ task }) => `${task.status} ${task.view}`))).toEqual(new Set(['succeeded basic']));
    expect(await reader.data('end')).toEqual(DONE);
    expect(new Set(reader.events.map(({ id }) => id))).toEqual(new Set([undefined]));
    const { app } = followed.gateway;
    await eventually(() => app.get(TaskStreams).size + app.get(TaskWatches).size === 0);
  });

  it('no-cache, which nothing sends by itself here: the cloud is asked, also about a task that is followed', async () => {
    await (await open([referenceOf('task-1')])).data('task');
    followed.say('task-1', 'SUCCESS');
    const tasks = [referenceOf('task-1')];
    const reader = await followed.open('/tasks/events', { 'cache-control': 'no-cache' }, { tasks });
    expect(await reader.data('task')).toMatchObject([{ task: { status: 'succeeded', source: 'live' } }]);
  });

  it('an item: as in a batch, with its reference as it was given', async () => {
    const reference = { provider: 'ims', id: 'task-1', projectId: PROJECT, region: 'shared' };
    const reader = await open([reference], { view: 'full' });
    const [item] = await reader.data('task');
    const batch = await followed.gateway.ask({
      method: 'POST',
      path: '/tasks/batch-get',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tasks: [reference] }),
    });
    const [expected] = (batch.body as { readonly items: readonly { readonly task: object }[] }).items;
    expect(item).toEqual({ ...expected, task: { ...expected?.task, source: 'live' } });
  });

  it('versions that are known: not sent again; of what is done, nothing', async () => {
    followed.say('task-2', 'SUCCESS');
    const tasks = [
      { ...referenceOf('task-1'), version: await versionOf('task-1') },
      { ...referenceOf('task-2'), version: await versionOf('task-2') },
      { ...referenceOf('task-3'), version: 'an_older-one' },
    ];
    const reader = await open(tasks);
    expect(idsOf(await reader.data('task'))).toEqual(['task-3']);
    await followed.change('task-1', 'SUCCESS');
    await followed.change('task-3', 'SUCCESS');
    expect(await reader.ended).toBe(true);
    expect(idsOf(await reader.data('task'))).toEqual(['task-1', 'task-3', 'task-3']);
    expect(await reader.data('end')).toEqual(DONE);
  });

  it('all done and known: the end at once', async () => {
    followed.say('task-1', 'SUCCESS');
    const reader = await open([{ ...referenceOf('task-1'), version: await versionOf('task-1') }]);
    expect(await reader.ended).toBe(true);
    expect(reader.events).toMatchObject([{ event: 'end' }]);
  });

  it('named twice: one task; with two versions, none is known', async () => {
    const version = await versionOf('task-1');
    const reader = await open([
      referenceOf('task-2'),
      { ...referenceOf('task-1'), version },
      referenceOf('task-2'),
      referenceOf('task-1'),
    ]);
    await followed.change('task-1', 'SUCCESS');
    await followed.change('task-2', 'SUCCESS');
    await reader.ended;
    expect(idsOf(await reader.data('task'))).toEqual(['task-1', 'task-1', 'task-2', 'task-2']);
  });

  it('references that are refused: a problem each, the others go on', async () => {
    followed.say('missing', notFound);
    const wrong = { provider: 'nothing', id: 'x' };
    const nowhere = { ...referenceOf('x'), region: 'nowhere' };
    const tokenless = referenceOf('x', 'own');
    const reader = await open([referenceOf('missing'), wrong, nowhere, tokenless, referenceOf('task-1')]);
    const problems = await reader.data('problem', 4);
    expect(problems).toEqual(
      expect.arrayContaining(
        [
          { ref: referenceOf('missing'), status: 404, problem: { code: 'TASK_NOT_FOUND' } },
          { ref: wrong, status: 404, problem: { code: 'PROVIDER_NOT_FOUND' } },
          { ref: nowhere, status: 400, problem: { code: 'VALIDATION_FAILED' } },
          { ref: tokenless, status: 401, problem: { code: 'UNAUTHENTICATED' } },
        ].map((item) =>
          expect.objectContaining({ ...item, problem: expect.objectContaining(item.problem) as unknown }),
        ),
      ),
    );
    await followed.change('task-1', 'SUCCESS');
    expect(await reader.ended).toBe(true);
    expect(idsOf(await reader.data('task', 2))).toEqual(['task-1', 'task-1']);
    expect(await reader.data('end')).toEqual(DONE);
  });

  it('first lookup that fails for now: a problem, and the task goes on', async () => {
    followed.say('task-1', unavailable);
    const reader = await open([quick('task-1')]);
    expect(await reader.data('problem')).toMatchObject([{ ref: quick('task-1'), status: 503 }]);
    followed.say('task-1', 'SUCCESS');
    expect(await reader.ended).toBe(true);
    expect(reader.events.map(({ event }) => event)).toEqual(['problem', 'task', 'end']);
  });

  it('task that cannot be followed, for a bug: a problem, and the end', async () => {
    const join = jest.spyOn(TaskWatches.prototype, 'join').mockImplementation(() => {
      throw new TypeError('a bug');
    });
    const readers = [await open([referenceOf('task-1')]), await followed.open(pathOf('task-1', '/events'))];
    for (const reader of readers) {
      expect(await reader.ended).toBe(true);
      expect(reader.events.map(({ event }) => event)).toEqual(['task', 'problem', 'end']);
      expect(await reader.data('problem')).toMatchObject([{ problem: { code: 'INTERNAL_ERROR' } }]);
    }
    join.mockRestore();
    const { app, logs } = followed.gateway;
    expect(logs.filter((line) => line.includes('TypeError: a bug'))).toHaveLength(2);
    await eventually(() => app.get(TaskStreams).size === 0);
  });

  it('body that is not valid: 400 that names all of it, and nothing counted', async () => {
    const reader = await open([{ ...referenceOf('task-1'), version: 'not a version' }, { provider: 'ims' }], {
      wait: 1,
    });
    await reader.ended;
    const { errors } = JSON.parse(reader.text()) as { readonly errors: readonly { readonly pointer: string }[] };
    expect([reader.status, errors.map(({ pointer }) => pointer).toSorted()]).toEqual([
      400,
      ['/tasks/0/version', '/tasks/1/id', '/wait'],
    ]);
    expect(followed.gateway.app.get(TaskStreams).size).toBe(0);
  });

  it('slow cloud: the head comes before the first task, and what is stored before what is not', async () => {
    await versionOf('task-1');
    followed.cloud.behave(() => new Promise(() => undefined));
    const reader = await open([referenceOf('task-2'), referenceOf('task-1')]);
    expect(idsOf(await reader.data('task'))).toEqual(['task-1']);
    await eventually(() => followed.cloud.calls.length === 1);
    reader.close();
    await eventually(() => followed.cloud.calls.every(({ left }) => left()));
  });
});
