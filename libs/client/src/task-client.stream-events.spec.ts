import { describe, expect, it } from '@jest/globals';
import { ProblemError } from './index.js';
import {
  REF,
  bodyOf,
  done,
  endEvent,
  known,
  later,
  other,
  problem,
  problemEvent,
  scriptedGateways,
  streamsOf,
  taskEvent,
  times,
  until,
} from './testing/scripted-gateway.js';

const { talk } = scriptedGateways();

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

describe('an event', () => {
  it.each([
    ['another kind', '{"kind":"news"}'],
    ['another kind about the task', JSON.stringify({ kind: 'news', ref: REF })],
    ['a problem of nothing', '{"kind":"problem"}'],
    ['JSON that is no object', '1'],
    ['no JSON', '{'],
  ])('of %s: passed over', async (_, data) => {
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
  ])('of %s: its wait goes on by itself, others by the stream', async (_, malformed) => {
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
});
