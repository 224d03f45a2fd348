import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { ProblemError } from './index.js';
import type { Task } from './index.js';
import {
  done,
  endEvent,
  problem,
  problemEvent,
  REF,
  running,
  scriptedGateways,
  taskEvent,
  times,
  until,
} from './testing/scripted-gateway.js';
import type { StreamScript } from './testing/scripted-gateway.js';

const { talk } = scriptedGateways();
const known = { ...running, headers: { etag: 'W/"v1"' } };
const later = { ...running.body, version: 'v1b' };
const other = { ...REF, id: 'other' };
const streamsOf = (count: number, ...events: readonly string[]): readonly StreamScript[] => times(count, { events });
const bodyOf = ({ body }: { readonly body: string }): unknown => JSON.parse(body);

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

  it.each([
    ['another kind', '{"kind":"news"}'],
    ['another kind about the task', JSON.stringify({ kind: 'news', ref: REF })],
    ['a problem of nothing', '{"kind":"problem"}'],
    ['JSON that is no object', '1'],
    ['no JSON', '{'],
  ])('an event of %s: passed over', async (_, data) => {
    const { client, streamRequests } = await talk([known], {
      streams: [{ events: [`data: ${data}\n\n`, taskEvent(done.body)] }],
    });
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(streamRequests).toHaveLength(1);
  });

  it.each([
    ['a problem without its problem', { kind: 'problem' }],
    ['a task without its version', { kind: 'task', task: { ...done.body, version: undefined } }],
    ['a task of nothing', { kind: 'task', task: null }],
  ])('an event of %s: its wait goes on by itself, others by the stream', async (_, malformed) => {
    const { client, streamRequests, opened, requests } = await talk([known, known, { ...done, headers: {} }], {
      streams: streamsOf(3),
    });
    const waits = [client.waitForTask(REF), client.waitForTask(other)];
    await until(
      () => streamRequests.at(-1)?.body.includes('other') === true && opened.length === streamRequests.length,
    );
    const before = opened.length;
    opened.at(-1)?.write(`data: ${JSON.stringify({ ...malformed, ref: REF })}\n\n`);
    expect(await waits[0]).toEqual(done.body);
    opened.at(-1)?.write(taskEvent(done.body, other));
    await waits[1];
    expect([opened.length, requests.length]).toEqual([before, 3]);
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

describe('a stream that ends', () => {
  it.each(['rotate', 'shutdown'])('%s: the next one after its retry and jitter, with what is known', async (reason) => {
    const { client, requests, streamRequests, opened, pauses } = await talk([known], {
      streams: [
        { events: ['retry: 3000\n\n', taskEvent(later), endEvent(reason)] },
        { events: [taskEvent(done.body)] },
      ],
    });
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(streamRequests.map(bodyOf)).toEqual(
      ['v1', 'v1b'].map((version) => ({ tasks: [{ ...REF, version }], view: 'full' })),
    );
    expect([requests.length, pauses]).toEqual([1, [3.75]]);
    // The gateway of this test leaves it open.
    await until(() => opened[0]?.destroyed === true);
  });

  it('rotate without a pause: the next one after half a second all the same', async () => {
    const { client, pauses } = await talk([known], {
      streams: [{ events: ['retry: 0\n\n', endEvent('rotate')] }, { events: [taskEvent(done.body)] }],
    });
    await client.waitForTask(REF);
    expect(pauses).toEqual([0.625]);
  });

  const unauthenticated = problem(401, { retryable: false, code: 'UNAUTHENTICATED' });

  it.each([
    // A long poll may have met credentials that have ended.
    ['refused', 3],
    ['credentials-expired', 2],
  ])('%s at once: the wait looks itself', async (reason, lookups) => {
    const { client, streamRequests, requests } = await talk([known, unauthenticated, unauthenticated], {
      streams: [{ events: [endEvent(reason)] }, { events: [] }],
    });
    await expect(client.waitForTask(REF)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect([streamRequests.length, requests.length]).toEqual([1, lookups]);
  });

  it.each([
    ['renewed: the next one has the new ones, without a lookup', { events: [taskEvent(done.body)] }, 1],
    ['not renewed: refused once, and the wait with the problem of its lookup', unauthenticated, 3],
  ])('credentials that expire, and are %s', async (_, next, lookups) => {
    let asked = 0;
    const { client, opened, requests, streamRequests, pauses } = await talk([known, unauthenticated, unauthenticated], {
      streams: [{ events: [] }, next],
      headers: () => ({ authorization: `Bearer ${(asked += 1)}` }),
    });
    const waiting = client.waitForTask(REF).catch((error: unknown) => error);
    await until(() => opened.length === 1);
    opened[0]?.write(taskEvent(later));
    setImmediate(() => opened[0]?.write(endEvent('credentials-expired')));
    expect(await waiting).toMatchObject(lookups === 1 ? done.body : { code: 'UNAUTHENTICATED' });
    expect(streamRequests.map(({ headers }) => headers.authorization)).toEqual(['Bearer 2', 'Bearer 3']);
    expect([requests.length, pauses[0]]).toEqual([lookups, 0.25]);
  });

  it('credentials that are taken and expire at once again and again: goes on without streams', async () => {
    const { client, streamRequests } = await talk([...times(6, known), done], {
      streams: times(20, { events: [endEvent('credentials-expired')] }),
    });
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(streamRequests).toHaveLength(6);
  });

  it('a connection that is cut: the next one with backoff, from the last version', async () => {
    const { client, requests, streamRequests, opened, pauses } = await talk([known], {
      streams: [{ events: [taskEvent(later)] }, { events: [] }, { events: [taskEvent(done.body)] }],
    });
    const waiting = client.waitForTask(REF);
    await until(() => opened.length === 1);
    opened[0]?.socket?.resetAndDestroy();
    await until(() => opened.length === 2);
    opened[1]?.end();
    expect(await waiting).toEqual(done.body);
    expect(streamRequests.map((asked) => /v1b?/.exec(asked.body)?.[0])).toEqual(['v1', 'v1b', 'v1b']);
    expect([requests.length, pauses]).toEqual([1, [0.25, 0.5]]);
  });

  it('connections that are cut again and again before anything comes: goes on by long polls', async () => {
    const { client, requests, streamRequests, opened } = await talk([known, done], {
      streams: streamsOf(9),
    });
    const waiting = client.waitForTask(REF);
    for (let count = 1; count <= 6; count += 1) {
      await until(() => opened.length === count);
      opened.at(-1)?.end();
    }
    expect(await waiting).toEqual(done.body);
    expect([streamRequests.length, requests.at(-1)?.headers['prefer']]).toEqual([6, 'wait=50']);
  });
});

describe('a problem in a stream', () => {
  it('that can pass: outlasted, also by others of the stream', async () => {
    const { client, requests } = await talk([known], {
      streams: [{ events: [problemEvent({}), taskEvent(done.body)] }],
    });
    expect(await client.waitForTask(REF, { patience: 0 })).toEqual(done.body);
    expect(requests).toHaveLength(1);
  });

  it('that stands: the wait looks itself, and comes back to the stream where that works', async () => {
    const { client, requests, streamRequests, opened } = await talk([known, known], {
      streams: [
        { events: [problemEvent({}), problemEvent({ code: 'UPSTREAM_TIMEOUT' })] },
        { events: [taskEvent(done.body)] },
      ],
      silenceMs: 1000,
    });
    const waiting = client.waitForTask(REF);
    await until(() => opened.length === 1);
    const heartbeat = setInterval(() => opened[0]?.write(':\n\n'), 50);
    expect(await waiting).toEqual(done.body);
    clearInterval(heartbeat);
    expect([requests.length, streamRequests.length, requests[1]?.headers['prefer']]).toEqual([2, 2, undefined]);
  });

  it('that a lookup alone does not meet: its wait goes on without the stream', async () => {
    const tooLarge = problemEvent({ retryable: false, code: 'ANSWER_TOO_LARGE' });
    const waited = { ...done, headers: { 'preference-applied': 'wait=50' } };
    const { client, requests, streamRequests } = await talk([known, known, waited], {
      streams: [{ events: [tooLarge] }, { events: [] }],
    });
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect([requests.length, streamRequests.length]).toEqual([3, 1]);
  });

  it('that does not pass: rejects its wait alone', async () => {
    const missing = { retryable: false, code: 'TASK_NOT_FOUND' };
    const { client, opened, streamRequests } = await talk([known, known, problem(404, missing)], {
      streams: streamsOf(3),
    });
    const waits = [client.waitForTask(REF), client.waitForTask(other)];
    const rejected = expect(waits[0]).rejects.toBeInstanceOf(ProblemError);
    await until(
      () => streamRequests.at(-1)?.body.includes('other') === true && opened.length === streamRequests.length,
    );
    const before = opened.length;
    opened.at(-1)?.write(problemEvent(missing));
    await rejected;
    opened.at(-1)?.write(taskEvent(done.body, other));
    await waits[1];
    expect(opened).toHaveLength(before);
  });
});
