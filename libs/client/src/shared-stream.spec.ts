import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import type { Task } from './index.js';
import { sharedStreams } from './shared-stream.js';
import type { Follower } from './shared-stream.js';
import { done, endEvent, problemEvent, REF, running, taskEvent, until } from './testing/scripted-gateway.js';
import type { Transports } from './transport.js';

afterEach(() => void jest.restoreAllMocks());
const other = { ...REF, id: 'other' };
const known = { task: running.body as unknown as Task, etag: 'W/"v1"' };

const transports: Transports = {
  mayStream: () => true,
  streamEnded: () => true,
  mayLongPoll: () => true,
  longPoll: (ask) => ask(),
};

/** Streams that a test writes to, and what follows tasks by them. */
function streamsOf() {
  const open: ReadableStreamDefaultController<Uint8Array>[] = [];
  const follow = sharedStreams({
    open: async (_body, signal) => {
      const start = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        open.push(controller);
        // As `fetch` does.
        signal.addEventListener('abort', () => controller.error(signal.reason));
      };
      return new Response(new ReadableStream({ start }), { headers: { 'content-type': 'text/event-stream' } });
    },
    sleep: async () => undefined,
    transports,
    // More than any test takes.
    firstByteMs: 1e8,
    silenceMs: 1e8,
  });
  return {
    open,
    follow: (given = REF, more: Partial<Follower> = {}) =>
      follow({ given, view: 'full', known, onUpdate: () => undefined, signal: new AbortController().signal, ...more }),
    say: (index: number, ...events: readonly string[]) =>
      open[index]?.enqueue(new TextEncoder().encode(events.join(''))),
  };
}
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('what follows a task by a stream', () => {
  it('is over: leaves no timer and no listener', async () => {
    const { open, follow, say } = streamsOf();
    const before = timers();
    const { signal } = new AbortController();
    const waits = [follow(REF, { signal }), follow(other, { signal })];
    await until(() => open.length === 1);
    say(0, problemEvent({}), taskEvent(done.body), problemEvent({}, other), problemEvent({ retryable: false }, other));
    expect(await Promise.all(waits)).toEqual([true, false]);
    await until(() => timers() <= before);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('lookups that work again: nobody looks by itself because they had failed', async () => {
    const { open, follow, say } = streamsOf();
    const set = jest.spyOn(globalThis, 'setTimeout');
    const clear = jest.spyOn(globalThis, 'clearTimeout');
    const states: string[] = [];
    const wait = follow(REF, { onUpdate: ({ task }) => states.push(task.version) });
    await until(() => open.length === 1);
    say(0, problemEvent({}), taskEvent({ ...running.body, version: 'v1b' }));
    await until(() => states.length === 1);
    const failing = set.mock.calls.findIndex((call) => (call as readonly unknown[])[3] === true);
    expect(clear).toHaveBeenCalledWith(set.mock.results[failing]?.value as never);
    say(0, taskEvent(done.body));
    await wait;
  });

  it.each([
    ['done', taskEvent(done.body)],
    ['gone for good', problemEvent({ retryable: false })],
  ])('a task that is %s: the others need no new request', async (_, event) => {
    const { open, follow, say } = streamsOf();
    const waits = [follow(REF), follow(other)];
    await until(() => open.length === 1);
    const set = jest.spyOn(globalThis, 'setTimeout');
    say(0, event);
    await waits[0];
    expect(set.mock.calls.filter(([, ms]) => ms === 100)).toEqual([]);
    say(0, taskEvent(done.body, other));
    await waits[1];
    expect(open).toHaveLength(1);
  });

  it('a stream that is through while somebody joins: the next one is for that one', async () => {
    const { open, follow, say } = streamsOf();
    const first = follow(REF);
    await until(() => open.length === 1);
    const second = follow(other);
    say(0, taskEvent(done.body), endEvent('done'));
    await first;
    await until(() => open.length === 2);
    say(1, taskEvent(done.body, other));
    expect(await second).toBe(true);
  });

  it('somebody who comes again and again: a stream is kept until it can have brought something', async () => {
    jest.useFakeTimers();
    try {
      const asked: { readonly signal: AbortSignal; readonly begin: (head: Response) => void }[] = [];
      const follow = sharedStreams({
        open: (_, signal) => new Promise((begin) => void asked.push({ signal, begin })),
        sleep: async () => undefined,
        transports,
      });
      const join = (id: string) =>
        void follow({
          given: { ...REF, id },
          view: 'full',
          known,
          onUpdate: () => undefined,
          signal: new AbortController().signal,
        });
      join('0');
      await jest.advanceTimersByTimeAsync(0);
      for (let count = 1; count <= 20; count += 1) {
        join(String(count));
        await jest.advanceTimersByTimeAsync(150);
      }
      expect(asked.map(({ signal }) => signal.aborted)).toEqual([false]);
      asked[0]?.begin(new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } }));
      await jest.advanceTimersByTimeAsync(900);
      expect(asked).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(300);
      expect(asked[0]?.signal.aborted).toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });

  it('a signal that has aborted: rejects, and opens nothing', async () => {
    const { open, follow } = streamsOf();
    const leaving = new AbortController();
    leaving.abort(new Error('enough'));
    await expect(follow(REF, { signal: leaving.signal })).rejects.toThrow('enough');
    // Whoever begins is gathered until then.
    await new Promise((resolve) => setTimeout(resolve));
    expect(open).toHaveLength(0);
  });
});
