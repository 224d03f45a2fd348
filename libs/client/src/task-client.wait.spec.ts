import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ConnectionError, WaitTimeoutError } from './index.js';
import { REF, done, problem, running, scriptedGateways } from './testing/scripted-gateway.js';
import type { ConnectionLoss } from './testing/scripted-gateway.js';

const { talk } = scriptedGateways();
afterEach(() => void jest.restoreAllMocks());

describe('waitForTask', () => {
  const etag = (value: string) => ({ etag: value });

  it('a pause: as long as the gateway says; a task that failed is returned', async () => {
    const { client, pauses } = await talk([{ ...running, headers: { 'retry-after': '4' } }, running, done]);
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(pauses).toEqual([4, 7]);
  });

  it('an unchanged task: not sent again, and onUpdate is not called', async () => {
    const answers = [
      { ...running, headers: etag('W/"v1"') },
      { status: 304, headers: { ...etag('W/"v1"'), 'retry-after': '9' } },
      { status: 304 },
      { ...running, headers: etag('W/"v1"') },
      { ...done, headers: etag('W/"v2"') },
    ];
    const { client, requests, pauses } = await talk(answers, { transport: 'poll' });
    const versions: unknown[] = [];
    const last = await client.waitForTask(REF, { onUpdate: ({ version }) => versions.push(version) });
    expect(last).toEqual(done.body);
    expect(versions).toEqual(['v1', 'v2']);
    expect(pauses).toEqual([7, 9, 7, 7]);
    expect(requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, ...Array(4).fill('W/"v1"')]);
  });

  it('transient problems and lost connections: retried, the latter with full jitter', async () => {
    const { client, pauses } = await talk(
      ['reset', 'half', 'silence', problem(503, { retryAfterSeconds: 3 }), problem(502, {}), running, 'reset', done],
      { answerMs: 50 },
    );
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(pauses).toEqual([0.25, 0.5, 1, 3, 4, 7, 0.25]);
  });

  it('a gateway that names no time: a pause is never nothing', async () => {
    const atOnce = { ...running, headers: { 'retry-after': '0' } };
    const busy = problem(503, { retryAfterSeconds: 0 });
    const { client, pauses } = await talk([atOnce, busy, done], { transport: 'poll' });
    await client.waitForTask(REF);
    expect(pauses).toEqual([1, 0.25]);
  });

  it('many lost connections: a pause is at most 30 seconds', async () => {
    const answers = Array<ConnectionLoss>(12).fill('reset');
    const { client, pauses } = await talk([...answers, done], { random: () => 1 });
    await client.waitForTask(REF, { patience: 12 });
    expect(pauses).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30]);
  });

  it('a problem that is not retryable, or more failures than patience allows: rejects', async () => {
    const missing = await talk([problem(404, { retryable: false, code: 'TASK_NOT_FOUND' })]);
    await expect(missing.client.waitForTask(REF)).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    expect(missing.pauses).toEqual([]);
    const broken = await talk(Array<ConnectionLoss>(3).fill('reset'));
    await expect(broken.client.waitForTask(REF, { patience: 2 })).rejects.toBeInstanceOf(ConnectionError);
    expect(broken.requests).toHaveLength(3);
  });

  it('a signal that aborts during a pause: ends the wait at once', async () => {
    const controller = new AbortController();
    const { client, requests } = await talk([running, running], { sleep: undefined });
    const waiting = client.waitForTask(REF, {
      signal: controller.signal,
      onUpdate: () => setImmediate(() => controller.abort(new Error('enough'))),
    });
    await expect(waiting).rejects.toThrow('enough');
    expect(requests).toHaveLength(1);
  });

  it.each([Infinity, 2 ** 31, 30 * 86_400_000])(
    'timeoutMs of %d, more than timers take: never over',
    async (timeoutMs) => {
      const { client } = await talk([running, done]);
      expect(await client.waitForTask(REF, { timeoutMs })).toEqual(done.body);
    },
  );

  it.each([-1, 0.5])('timeoutMs of %d, what was left of some deadline: over', async (timeoutMs) => {
    const { client } = await talk(['silence']);
    await expect(client.waitForTask(REF, { timeoutMs })).rejects.toBeInstanceOf(WaitTimeoutError);
  });

  it('credentials that do not come: timeoutMs and signal end the wait', async () => {
    const { client, requests } = await talk([], { headers: () => new Promise<never>(() => undefined) });
    await expect(client.waitForTask(REF, { timeoutMs: 20 })).rejects.toBeInstanceOf(WaitTimeoutError);
    const leaving = new AbortController();
    const asked = client.getTask(REF, { signal: leaving.signal });
    leaving.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    expect([requests, getEventListeners(leaving.signal, 'abort')]).toEqual([[], []]);
  });

  it('timeoutMs that is over: rejects with the last known task', async () => {
    const limit = new AbortController();
    jest.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal);
    const { client } = await talk([running], { sleep: undefined });
    const onUpdate = (): void => limit.abort(new DOMException('over', 'TimeoutError'));
    const error = await client.waitForTask(REF, { timeoutMs: 5_000, onUpdate }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WaitTimeoutError);
    expect(error).toMatchObject({ name: 'TimeoutError', task: running.body });
    expect((error as Error).message).toBe('not done after 5000 ms: running');
    const silent = await talk(['silence']);
    const nothing = silent.client.waitForTask(REF, { timeoutMs: 30 });
    await expect(nothing).rejects.toMatchObject({ name: 'TimeoutError', task: null });
  });
});
