import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { Task } from './index.js';
import {
  REF,
  bodyOf,
  done,
  known,
  later,
  other,
  running,
  scriptedGateways,
  streamsOf,
  taskEvent,
  times,
  until,
} from './testing/scripted-gateway.js';

const { talk } = scriptedGateways();

describe('a wait by stream', () => {
  it('states that arrive: told as they come, until the task is done', async () => {
    const { client, requests, streamRequests, opened, pauses } = await talk([known], {
      streams: [{ events: [taskEvent(later), taskEvent(later), taskEvent(done.body)] }],
    });
    const versions: string[] = [];
    const task = await client.waitForTask(REF, { view: 'basic', onUpdate: ({ version }) => versions.push(version) });
    expect(task).toEqual(done.body);
    expect(versions).toEqual(['v1', 'v1b', 'v2']);
    expect(streamRequests).toMatchObject([
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-auth-token': 't' },
      },
    ]);
    expect(streamRequests.map(bodyOf)).toEqual([{ tasks: [{ ...REF, version: 'v1' }], view: 'basic' }]);
    expect([requests.length, pauses]).toEqual([1, []]);
    await until(() => opened[0]?.destroyed === true);
  });

  it('a task that is done at the first look: no stream', async () => {
    const { client, streamRequests } = await talk([done], { streams: [{ events: [] }] });
    await client.waitForTask(REF);
    expect(streamRequests).toEqual([]);
  });

  it('waits that begin together: share one stream; two of one task share its place in it', async () => {
    const { client, requests, streamRequests, opened } = await talk(times(5, known), {
      streams: streamsOf(5),
    });
    const waits = [REF, REF, ...['b', 'c', 'd'].map((id) => ({ ...REF, id }))].map((ref) => client.waitForTask(ref));
    await until(() => (streamRequests.at(-1)?.body.match(/version/g) ?? []).length === 4);
    const ended = (id: string) => taskEvent({ ...done.body, id }, { ...REF, id, projectId: null });
    opened.at(-1)?.write(['b', 'c', 'd', REF.id].map(ended).join(''));
    expect((await Promise.all(waits)).map(({ id }) => id)).toEqual([REF.id, REF.id, 'b', 'c', 'd']);
    expect(requests).toHaveLength(5);
    // Looks that end later than the first come along with the next request.
    expect(streamRequests.length).toBeLessThanOrEqual(2);
  });

  it('waits of another view: have a stream of their own', async () => {
    const { client, streamRequests } = await talk([known, known], {
      streams: streamsOf(2, taskEvent(done.body)),
    });
    await Promise.all([client.waitForTask(REF), client.waitForTask(REF, { view: 'basic' })]);
    expect(streamRequests.map((asked) => (bodyOf(asked) as { view: string }).view).toSorted()).toEqual([
      'basic',
      'full',
    ]);
  });

  it('more than 100 tasks: as many streams as it takes', async () => {
    const refs = Array.from({ length: 101 }, (_, index) => ({ ...REF, id: `t${index}` }));
    const { client, streamRequests, opened } = await talk(times(101, known), {
      streams: streamsOf(30),
    });
    const waits = refs.map((ref) => client.waitForTask(ref));
    const sizes = () => streamRequests.map((asked) => (bodyOf(asked) as { tasks: unknown[] }).tasks.length);
    await until(() => sizes().includes(100) && sizes().includes(1));
    expect(Math.max(...sizes())).toBe(100);
    for (const stream of opened)
      if (!stream.destroyed) stream.write(refs.map((ref) => taskEvent({ ...done.body, id: ref.id }, ref)).join(''));
    await Promise.all(waits);
  });

  it('a wait that joins: the next request has the versions that are known', async () => {
    const { client, streamRequests, opened } = await talk([known, known], {
      streams: [{ events: [taskEvent(later)] }, { events: [] }],
    });
    let told = 0;
    const first = client.waitForTask(REF, { onUpdate: () => (told += 1) });
    await until(() => told === 2);
    const second = client.waitForTask(other);
    await until(() => opened.length === 2);
    expect(streamRequests.map(bodyOf)).toEqual([
      { tasks: [{ ...REF, version: 'v1' }], view: 'full' },
      {
        tasks: [
          { ...REF, version: 'v1b' },
          { ...other, version: 'v1' },
        ],
        view: 'full',
      },
    ]);
    expect(opened[0]?.destroyed).toBe(true);
    opened[1]?.write(taskEvent(done.body) + taskEvent(done.body, other));
    await Promise.all([first, second]);
  });

  it('a wait of a task that others follow: is told what they have heard, without a request', async () => {
    const { client, streamRequests, opened } = await talk([known, known], {
      streams: [{ events: [taskEvent(later)] }],
    });
    let told = 0;
    const first = client.waitForTask(REF, { onUpdate: () => (told += 1) });
    await until(() => told === 2);
    const versions: string[] = [];
    const second = client.waitForTask(REF, { onUpdate: ({ version }) => versions.push(version) });
    await until(() => versions.length === 2);
    opened[0]?.write(taskEvent(done.body));
    await Promise.all([first, second]);
    expect([versions, streamRequests.length]).toEqual([['v1', 'v1b', 'v2'], 1]);
  });

  it('a wait whose own look was later than what others have heard: is not told the older state', async () => {
    const at = (second: number) => ({ observedAt: `2026-01-01T00:00:0${second}.000Z` });
    const newer = { ...later, ...at(5) };
    const { client, opened } = await talk(
      [
        { ...known, body: { ...running.body, ...at(1) } },
        { ...known, body: newer },
      ],
      { streams: [{ events: [] }] },
    );
    const first = client.waitForTask(REF);
    await until(() => opened.length === 1);
    const versions: string[] = [];
    const onUpdate = ({ version }: Task): void => {
      versions.push(version);
      // Once it follows its task.
      setTimeout(() => opened[0]?.write(taskEvent(newer) + taskEvent(done.body)));
    };
    await Promise.all([first, client.waitForTask(REF, { onUpdate })]);
    expect(versions).toEqual(['v1b', 'v2']);
  });

  it('a wait that is aborted: leaves the stream, which ends with the last one', async () => {
    const { client, streamRequests, opened } = await talk([known, known], {
      streams: [{ events: [] }, { events: [] }, { events: [] }],
    });
    const leaving = new AbortController();
    const waits = [client.waitForTask(REF, { signal: leaving.signal }), client.waitForTask(other)];
    await until(
      () => streamRequests.at(-1)?.body.includes('other') === true && opened.length === streamRequests.length,
    );
    const before = opened.length;
    leaving.abort(new Error('enough'));
    await expect(waits[0]).rejects.toThrow('enough');
    await until(() => opened.length === before + 1);
    expect(bodyOf(streamRequests.at(-1)!)).toEqual({ tasks: [{ ...other, version: 'v1' }], view: 'full' });
    opened.at(-1)?.write(taskEvent(done.body, other));
    await waits[1];
    await until(() => opened.every(({ destroyed }) => destroyed));
    expect(getEventListeners(leaving.signal, 'abort')).toEqual([]);
  });

  it('onUpdate that throws: rejects its own wait alone', async () => {
    const { client, opened, streamRequests } = await talk([known, known], {
      streams: [{ events: [] }, { events: [] }],
    });
    const onUpdate = ({ version }: Task): void => {
      if (version === 'v1b') throw new Error('mine');
    };
    const waits = [client.waitForTask(REF, { onUpdate }), client.waitForTask(REF)];
    const rejected = expect(waits[0]).rejects.toThrow('mine');
    await until(() => opened.length > 0);
    opened[0]?.write(taskEvent(later));
    await rejected;
    opened.at(-1)?.write(taskEvent(done.body));
    expect([await waits[1], streamRequests.length]).toEqual([done.body, 1]);
  });
});
