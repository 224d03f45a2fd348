import { describe, expect, it } from '@jest/globals';
import type { Task, TaskWaiter } from './index.js';
import { done, problem, REF, running, scriptedGateways, taskEvent, until } from './testing/scripted-gateway.js';

const { talk } = scriptedGateways();
const known = { ...running, headers: { etag: 'W/"v1"' } };
const later = { ...running.body, version: 'v1b' };
const other = { ...REF, id: 'other' };

describe('watch', () => {
  it('for await: yields each state, and ends with the task', async () => {
    const { client, opened } = await talk([known], { streams: [{ events: [] }] });
    const versions: string[] = [];
    for await (const { version } of client.watch(REF)) {
      versions.push(version);
      if (version === 'v1') void until(() => opened.length === 1).then(() => opened[0]?.write(taskEvent(later)));
      else opened[0]?.write(taskEvent(done.body));
    }
    expect(versions).toEqual(['v1', 'v1b', 'v2']);
  });

  it('a slow loop: gets the newest state, and the last one', async () => {
    const { client, opened } = await talk([known], { streams: [{ events: [taskEvent(later), taskEvent(done.body)] }] });
    const versions: string[] = [];
    for await (const { version } of client.watch(REF)) {
      versions.push(version);
      await until(() => opened[0]?.destroyed === true);
    }
    expect(versions).toEqual(['v1', 'v2']);
  });

  it('a slow loop, and the task is again as it was taken: is not yielded once more', async () => {
    const { client, opened } = await talk([known, known], { streams: [{ events: [] }] });
    const heard: string[] = [];
    const versions: string[] = [];
    const wait = client.waitForTask(REF, { onUpdate: ({ version }) => void heard.push(version) });
    for await (const { version } of client.watch(REF)) {
      if (versions.push(version) > 1) continue;
      await until(() => opened.length === 1);
      opened[0]?.write(taskEvent(later) + taskEvent(running.body));
      await until(() => heard.length === 3);
      setImmediate(() => opened[0]?.write(taskEvent(done.body)));
    }
    await wait;
    expect([heard, versions]).toEqual([
      ['v1', 'v1b', 'v1', 'v2'],
      ['v1', 'v2'],
    ]);
  });

  it('several tasks: their states in one loop', async () => {
    const { client } = await talk([done, done]);
    const states: Task[] = [];
    for await (const task of client.watch([REF, other])) states.push(task);
    expect(states).toHaveLength(2);
    for await (const task of client.watch([])) states.push(task);
    expect(states).toHaveLength(2);
  });

  it('a loop that is left: ends the wait and its stream', async () => {
    const { client, opened } = await talk([known], { streams: [{ events: [taskEvent(later)] }] });
    for await (const { version } of client.watch(REF)) if (version === 'v1b') break;
    await until(() => opened[0]?.destroyed === true);
  });

  it('a lookup that fails for good: thrown behind the states that came before', async () => {
    const { client } = await talk([known, problem(404, { retryable: false, code: 'TASK_NOT_FOUND' })], {
      transport: 'poll',
    });
    const states: Task[] = [];
    const loop = async (): Promise<void> => {
      for await (const task of client.watch(REF)) states.push(task);
    };
    await expect(loop()).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    expect(states).toHaveLength(1);
  });

  it('a signal that aborts: thrown as its reason', async () => {
    const { client } = await talk([known], { streams: [{ events: [] }] });
    const leaving = new AbortController();
    const loop = async (): Promise<void> => {
      for await (const _ of client.watch(REF, { signal: leaving.signal })) leaving.abort(new Error('enough'));
    };
    await expect(loop()).rejects.toThrow('enough');
  });

  it('a loop that never begins: asks for nothing', async () => {
    const { client, requests } = await talk([known]);
    await client.watch(REF).return();
    expect(requests).toEqual([]);
  });
});

describe('a waiter', () => {
  const self = '/tasks/ims/a%20b?region=eu';
  const stored = (waiter: TaskWaiter): TaskWaiter => JSON.parse(JSON.stringify(waiter)) as TaskWaiter;

  it.each<[string, TaskWaiter]>([
    ['of a link and a version', { self, version: 'v1' }],
    ['of a link with the address of the gateway', { self: `https://tasks.example.com/api${self}`, version: 'v1' }],
    ['of a reference and a version', { ...REF, version: 'v1' }],
  ])('%s: goes on where it was, and is not told again what it knows', async (_, waiter) => {
    const { client, requests, streamRequests } = await talk([known], { streams: [{ events: [taskEvent(done.body)] }] });
    const versions: string[] = [];
    const task = await client.waitForTask(stored(waiter), { onUpdate: ({ version }) => versions.push(version) });
    expect([task, versions]).toEqual([done.body, ['v2']]);
    expect(requests[0]?.url).toBe(self);
    expect(JSON.parse(streamRequests[0]?.body ?? '')).toEqual({ tasks: [{ ...REF, version: 'v1' }], view: 'full' });
  });

  it('whose version is the last one: resolves with the task, and tells of nothing', async () => {
    const { client } = await talk([done, done]);
    const states: Task[] = [];
    expect(await client.waitForTask({ self, version: 'v2' }, { onUpdate: (task) => states.push(task) })).toEqual(
      done.body,
    );
    for await (const task of client.watch({ self, version: 'v2' })) states.push(task);
    expect(states).toEqual([]);
  });
});
