import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventSource } from 'eventsource';
import { TaskClient } from '../../libs/client/src/index.js';
import type { Task, TaskClientOptions } from '../../libs/client/src/index.js';
import { forbidden, notFound, unavailable } from '../sharing/support/cloud.js';
import { eventually } from '../support/eventually.js';
import { pathOf, referenceOf, startFollowedCloud } from '../watch/support/followed-cloud.js';
import type { FollowedCloud } from '../watch/support/followed-cloud.js';

let followed: FollowedCloud;
beforeEach(async () => {
  followed = await startFollowedCloud();
});
afterEach(() => followed.close());

/** A client that keeps what it asked for: method, path, and whether it asked to wait. */
function clientOf(options: Partial<TaskClientOptions> = {}) {
  const asked: string[] = [];
  const keep: typeof fetch = (input, init) => {
    const { method, url, headers } = new Request(input, init);
    const prefer = headers.get('prefer');
    asked.push([method, new URL(url).pathname, ...(prefer === null ? [] : [prefer])].join(' '));
    return fetch(input, init);
  };
  return { client: new TaskClient({ baseUrl: followed.gateway.url, fetch: keep, ...options }), asked };
}

/** Takes the states of a task, and changes it after each; ends with the last of the words. */
async function statesOf(client: TaskClient, id: string, words: readonly string[]): Promise<readonly Task[]> {
  const rest = [...words];
  const states: Task[] = [];
  for await (const task of client.watch(referenceOf(id))) {
    states.push(task);
    const word = rest.shift();
    if (word !== undefined) void followed.change(id, word);
  }
  return states;
}

describe('a client of a running gateway', () => {
  it('by stream: gets each state when it is there, with one lookup', async () => {
    const { client, asked } = clientOf();
    followed.say('task-1', 'INIT');
    const states = await statesOf(client, 'task-1', ['RUNNING', 'SUCCESS']);
    expect(states.map(({ status, view }) => [status, view])).toEqual([
      ['pending', 'full'],
      ['running', 'full'],
      ['succeeded', 'full'],
    ]);
    expect(asked).toEqual(['GET /tasks/ims/task-1', 'POST /tasks/events']);
    expect(states.at(-1)).toEqual({ ...(await client.getTask(referenceOf('task-1'))), source: expect.any(String) });
  });

  it('by long poll: gets each state when it is there, with a request for each', async () => {
    const { client, asked } = clientOf({ transport: 'long-poll' });
    followed.say('task-1', 'INIT');
    const states = await statesOf(client, 'task-1', ['RUNNING', 'SUCCESS']);
    expect(states.map(({ status }) => status)).toEqual(['pending', 'running', 'succeeded']);
    const poll = 'GET /tasks/ims/task-1';
    expect(asked).toEqual([poll, `${poll} wait=50`, `${poll} wait=50`]);
  });

  it('100 waits that begin together: share a stream, and each ends with its own task', async () => {
    const { client, asked } = clientOf();
    const ids = Array.from({ length: 100 }, (_, index) => `task-${index}`);
    const waits = ids.map((id) => client.waitForTask(referenceOf(id), { view: 'basic' }));
    await eventually(() => asked.includes('POST /tasks/events'));
    await Promise.all(ids.map((id) => followed.change(id, 'SUCCESS')));
    expect((await Promise.all(waits)).map(({ id, status }) => [id, status])).toEqual(
      ids.map((id) => [id, 'succeeded']),
    );
    // As many as looks that end at other times make.
    expect(asked.filter((what) => what.startsWith('POST')).length).toBeLessThan(20);
  });

  it('a task that nobody finds any more: rejects its own wait, and the stream goes on', async () => {
    const { client, asked } = clientOf();
    const waits = ['task-1', 'task-2'].map((id) => client.waitForTask(referenceOf(id)));
    const refused = expect(waits[0]).rejects.toMatchObject({ status: 403 });
    await eventually(() => asked.includes('POST /tasks/events'));
    followed.say('task-1', forbidden);
    await followed.gateway.ask({ path: pathOf('task-1'), headers: { 'cache-control': 'no-cache' } });
    await refused;
    await followed.change('task-2', 'SUCCESS');
    expect(await waits[1]).toMatchObject({ status: 'succeeded' });
  });

  it('a cloud that fails for a while: outlasted', async () => {
    const { client, asked } = clientOf();
    const waiting = client.waitForTask(referenceOf('task-1'), { patience: 0 });
    await eventually(() => asked.includes('POST /tasks/events'));
    followed.say('task-1', unavailable);
    await followed.gateway.ask({ path: pathOf('task-1'), headers: { 'cache-control': 'no-cache' } });
    await followed.change('task-1', 'SUCCESS');
    expect(await waiting).toMatchObject({ status: 'succeeded' });
  });

  it('a task that is not there: the problem of the first lookup', async () => {
    const { client, asked } = clientOf();
    followed.say('task-1', notFound);
    await expect(client.waitForTask(referenceOf('task-1'))).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    expect(asked).toHaveLength(1);
  });

  it('another process: goes on from what was stored', async () => {
    const { client } = clientOf();
    const { links, version } = await client.getTask(referenceOf('task-1'));
    const stored = JSON.stringify({ self: links.self, version });
    const seen: string[] = [];
    const { client: other, asked } = clientOf();
    const waiting = other.waitForTask(JSON.parse(stored) as { readonly self: string }, {
      onUpdate: ({ status }) => seen.push(status),
    });
    await eventually(() => asked.includes('POST /tasks/events'));
    await followed.change('task-1', 'SUCCESS');
    expect([(await waiting).status, seen]).toEqual(['succeeded', ['succeeded']]);
  });
});

it('eventsource, a reader of others: gets each state of a task, and does not come again when it has the last one', async () => {
  const statuses: number[] = [];
  const seen: string[] = [];
  const source = new EventSource(followed.gateway.url + pathOf('task-1', '/events'), {
    fetch: async (url, init) => {
      const reply = await fetch(url, init);
      statuses.push(reply.status);
      return reply;
    },
  });
  source.addEventListener('task', ({ data }) => {
    const { task } = JSON.parse(data as string) as { readonly task: Task };
    seen.push(task.status);
    if (!task.done) void followed.change('task-1', 'SUCCESS');
  });
  // It knows of no end of a stream: it comes again with the last id, and is told that there is nothing more.
  await eventually(() => source.readyState === EventSource.CLOSED);
  expect([seen, statuses]).toEqual([
    ['running', 'succeeded'],
    [200, 204],
  ]);
});
