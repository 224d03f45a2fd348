import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Problem } from '@gateway/problems';
import { TaskAddress } from '@gateway/tasks';
import type { Task } from '@gateway/tasks';
import type { StoredTask } from '@gateway/cache';
import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';
import { PIECE_LENGTH } from '../http/hooks.js';
import { hitOf } from '../tasks/task-reply.js';
import type { FramePart } from './frame.js';
import { givenReference, problemFrame, taskFrame, writeReference } from './task-frames.js';

const ADDRESS = new TaskAddress({ provider: 'dms', region: 'r', projectId: 'p', instanceId: 'i', id: 'task-1' });
const ALL = { provider: 'dms', id: 'task-1', region: 'r', projectId: 'p', instanceId: 'i' };

function storedTask(task: object): StoredTask {
  return {
    task: ADDRESS.key,
    final: false,
    version: 'version-of-the-task-1',
    observedAt: 0,
    pollAfterSeconds: 5,
    body: JSON.stringify({ view: 'full', parameters: {}, result: null, children: [], ...task }),
    artifact: null,
    freshUntil: 0,
    keptUntil: 0,
    epoch: '',
  };
}

const textOf = (parts: readonly FramePart[]): string => parts.map(String).join('');

function read(text: string): readonly EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onError: (error) => {
      throw error;
    },
  });
  parser.feed(text);
  return events;
}

describe('reference of an event', () => {
  it.each([
    [{ provider: 'dms', id: 'task-1' }],
    [{ provider: 'dms', id: 'task-1', projectId: 'p' }],
    [{ provider: 'dms', id: 'task-1', region: 'r', instanceId: 'i' }],
    [ALL],
  ])('%j: a number tells it, and it is written as it was given', (reference) => {
    const given = givenReference({ ...reference }, ADDRESS);
    expect(typeof given).toBe('number');
    expect(writeReference(ADDRESS, given)).toBe(JSON.stringify(reference));
  });

  it.each([
    ['a part that the provider does not use', new TaskAddress({ ...ALL, instanceId: null })],
    ['no address', null],
  ])('%s: kept as text', (_, address) => {
    expect(writeReference(address, givenReference(ALL, address))).toBe(JSON.stringify(ALL));
  });

  it('members in any order: written in one', () => {
    const { instanceId, ...others } = ALL;
    expect(writeReference(null, givenReference({ instanceId, ...others }, null))).toBe(JSON.stringify(ALL));
  });
});

describe('event of a task', () => {
  it('alone: has its version as id, and is made once for all who named it alike', () => {
    const stored = storedTask({ id: 'task-1' });
    const frame = () => taskFrame(hitOf(stored, 0), 'full', ADDRESS, 3, true);
    const [event] = read(textOf(frame()));
    expect(event).toMatchObject({ id: stored.version, event: 'task' });
    expect(JSON.parse(event?.data ?? '')).toEqual({
      kind: 'task',
      ref: { provider: 'dms', id: 'task-1', region: 'r', projectId: 'p' },
      status: 200,
      etag: `W/"${stored.version}"`,
      task: JSON.parse(stored.body) as Task,
    });
    expect(frame()[0]).toBe(frame()[0]);
    for (const other of [
      taskFrame(hitOf(stored, 0), 'basic', ADDRESS, 3, true),
      taskFrame(hitOf(stored, 0), 'full', ADDRESS, 0, true),
      taskFrame(hitOf({ ...stored }, 0), 'full', ADDRESS, 3, true),
    ])
      expect(other[0]).not.toBe(frame()[0]);
  });

  it('among others: has no id, and the bytes of the task are made once', () => {
    const stored = storedTask({ id: 'task-1' });
    const [one, other] = [0, 7].map((given) => taskFrame(hitOf(stored, 0), 'basic', ADDRESS, given, false));
    expect(read(textOf(one ?? []))).toMatchObject([{ id: undefined, event: 'task' }]);
    expect(JSON.parse(read(textOf(other ?? []))[0]?.data ?? '')).toMatchObject({ ref: ALL });
    expect(one?.[1]).toBe(other?.[1]);
  });

  it('alone, named with a part that the provider does not use: nothing is kept that a caller chooses', () => {
    const stored = storedTask({ id: 'task-1' });
    const frames = ['a', 'b'].map((instanceId) =>
      taskFrame(hitOf(stored, 0), 'basic', null, givenReference({ ...ALL, instanceId }, null), true),
    );
    expect(frames.map((parts) => typeof parts[0])).toEqual(['string', 'string']);
    expect(frames[0]?.[1]).toBe(frames[1]?.[1]);
    const [event] = read(textOf(frames[1] ?? []));
    expect(event).toMatchObject({ id: stored.version, event: 'task' });
    expect(JSON.parse(event?.data ?? '')).toMatchObject({ ref: { ...ALL, instanceId: 'b' }, task: { id: 'task-1' } });
  });

  it('large: a text, for the stream to cut', () => {
    const stored = storedTask({ result: 'x'.repeat(PIECE_LENGTH) });
    const parts = taskFrame(hitOf(stored, 0), 'full', ADDRESS, 0, true);
    expect(parts.map((part) => typeof part)).toEqual(['string', 'string', 'string']);
    expect(JSON.parse(read(textOf(parts))[0]?.data ?? '')).toMatchObject({ task: { view: 'full' } });
  });
});

it('whatever texts hold: one event, which holds them', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom('\n', '\r', '\u2028', '\0', 'id: 1\n\n', ':'), fc.string()),
  });
  fc.assert(
    fc.property(text, text, (one, other) => {
      const reference = { provider: one, id: other };
      const stored = storedTask({ id: one, parameters: { [other]: one } });
      const given = givenReference(reference, null);
      const task = read(textOf(taskFrame(hitOf(stored, 0), 'full', null, given, true)));
      expect(task.map(({ event, id }) => [event, id])).toEqual([['task', stored.version]]);
      expect(JSON.parse(task[0]?.data ?? '')).toMatchObject({
        ref: reference,
        task: JSON.parse(stored.body) as object,
      });
      const problem = new Problem('upstream-error', { detail: one, provider: other });
      const context = { baseUrl: 'http://a', requestId: 'r', instance: 'urn:uuid:1' };
      const events = read(problemFrame(problem, writeReference(null, given), context));
      expect(events.map(({ event, id }) => [event, id])).toEqual([['problem', undefined]]);
      expect(JSON.parse(events[0]?.data ?? '')).toMatchObject({
        kind: 'problem',
        ref: reference,
        problem: { detail: one },
      });
    }),
  );
});
