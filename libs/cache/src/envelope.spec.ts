import { describe, expect, it } from '@jest/globals';
import { TASK_STATUSES, isDone, settleTask } from '@gateway/tasks';
import type { TaskFacts } from '@gateway/tasks';
import * as fc from 'fast-check';
import { openEnvelope, seal } from './envelope.js';
import { SHARED_PARTITION } from './task-key.js';
import type { TaskKey } from './task-key.js';
import type { TaskPayload } from './task-payload.js';

const KEY: TaskKey = {
  partition: SHARED_PARTITION,
  provider: 'apig',
  region: 'eu-de',
  projectId: 'p',
  instanceId: null,
  id: 'task-1',
};
const FULL: TaskFacts = settleTask({
  id: 'task-1',
  status: 'succeeded',
  upstreamStatus: 'SUCCESS',
  type: 'import_api',
  progress: { percent: 100, step: null },
  createdAt: '2026-11-21T10:00:00.000Z',
  endedAt: '2026-11-21T10:01:00.000Z',
  parameters: { a: [1, 1e20, null] },
  result: JSON.parse('{ "__proto__": { "x": 1 } }') as Record<string, unknown>,
  resources: [{ type: 'api', id: '1', name: 'n' }],
  counts: { succeeded: 1, failed: 0, ignored: 0 },
  children: [
    settleTask({ id: 'child', status: 'failed', upstreamStatus: 'FAIL' }),
    settleTask({ id: 'running', status: 'running', upstreamStatus: 'RUN' }),
  ],
});
const PAYLOAD: TaskPayload = {
  task: FULL,
  artifact: { fileName: 'a.yaml', mediaType: 'text/yaml', content: 'x' },
  version: 'v',
};
const OBSERVED = '2026-11-21T10:01:02.003Z';
const VALID = seal(KEY, PAYLOAD, OBSERVED, 1_800_000_000_000);

type Json = Record<string, unknown>;

/** The valid envelope with one member replaced; `undefined` removes it. */
function planted(path: readonly (string | number)[], value: unknown): string {
  const copy = JSON.parse(JSON.stringify(VALID)) as Json;
  let target = copy;
  for (const member of path.slice(0, -1)) target = target[member] as Json;
  target[path.at(-1) as string] = value;
  return JSON.stringify(copy);
}

const open = (text: string): unknown => openEnvelope(text, KEY);

describe('openEnvelope', () => {
  it('reads back what was sealed, digit by digit', () => {
    expect(open(JSON.stringify(VALID))).toEqual(VALID);
    expect(JSON.stringify(open(JSON.stringify(VALID)))).toBe(JSON.stringify(VALID));
  });

  it.each<[string, readonly (string | number)[], unknown]>([
    ['an old schema', ['v'], 0],
    ['a coming schema', ['v'], 2],
    ['no schema', ['v'], undefined],
    ['another partition', ['key', 0], 'somebody'],
    ['another provider', ['key', 1], 'ims'],
    ['another region', ['key', 2], 'eu-nl'],
    ['no region', ['key', 2], null],
    ['another project', ['key', 3], 'q'],
    ['another instance', ['key', 4], ''],
    ['another id', ['key', 5], 'task-2'],
    ['a longer key', ['key', 6], 'x'],
    ['no key', ['key'], undefined],
    ['a task with another id', ['payload', 'task', 'id'], 'task-2'],
    ['no time', ['observedAt'], undefined],
    ['an impossible time', ['observedAt'], '2026-02-31T00:00:00Z'],
    ['a time without a zone', ['observedAt'], '2026-11-21T10:01:02'],
    ['no end', ['storedUntil'], null],
    ['an end that is text', ['storedUntil'], '1800000000000'],
    ['an unfinished task', ['payload', 'task', 'status'], 'running'],
    ['an unknown state', ['payload', 'task', 'status'], 'unknown'],
    ['an invented state', ['payload', 'task', 'status'], 'finished'],
    ['a member of Object as state', ['payload', 'task', 'status'], 'constructor'],
    ['a task that is not done', ['payload', 'task', 'done'], false],
    ['done as text', ['payload', 'task', 'done'], 'true'],
    ['no outcome', ['payload', 'task', 'outcome'], null],
    ['no upstream word', ['payload', 'task', 'upstreamStatus'], undefined],
    ['a missing member', ['payload', 'task', 'type'], undefined],
    ['a time that is a number', ['payload', 'task', 'endedAt'], 5],
    ['progress without a step', ['payload', 'task', 'progress'], { percent: 1 }],
    ['parameters that are a list', ['payload', 'task', 'parameters'], []],
    ['a result that is text', ['payload', 'task', 'result'], 'x'],
    [
      'an error with an invented code',
      ['payload', 'task', 'error'],
      { code: 'X', detail: null, upstream: { code: null } },
    ],
    ['an error without upstream', ['payload', 'task', 'error'], { code: 'UNKNOWN', detail: null }],
    ['a resource without an id', ['payload', 'task', 'resources', 0], { type: 'api' }],
    ['counts that are text', ['payload', 'task', 'counts', 'failed'], '0'],
    ['children that are none', ['payload', 'task', 'children'], null],
    ['a child that is none', ['payload', 'task', 'children', 0], {}],
    ['a child that is done and is not', ['payload', 'task', 'children', 1, 'done'], true],
    ['an artifact without a name', ['payload', 'artifact', 'fileName'], undefined],
    ['no artifact member', ['payload', 'artifact'], undefined],
    ['no version', ['payload', 'version'], undefined],
    ['no payload', ['payload'], null],
  ])('does not read %s', (_what, path, value) => {
    expect(open(planted(path, value))).toBeNull();
  });

  it('does not read text that is cut off, deep or no envelope', () => {
    const text = JSON.stringify(VALID);
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    const children = `${'{"children":['.repeat(50_000)}${']}'.repeat(50_000)}`;
    for (const bad of ['', ' ', 'null', '[]', '{}', '1', text.slice(0, -1), `${text}x`, deep, children]) {
      expect(open(bad)).toBeNull();
    }
    expect(open(text.replace('"counts":', `"result":${deep},"counts":`))).toBeNull();
  });

  it('returns nothing of arbitrary text and arbitrary JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(open(text)).toBeNull();
      }),
    );
  });

  it('returns nothing but a final answer for this key, whatever is planted into an envelope', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(undefined, true, false, null, 'task-1', KEY.id, ...TASK_STATUSES),
    );
    const member = fc.constantFrom<readonly (string | number)[]>(
      ...Object.keys(VALID).map((name) => [name]),
      ...VALID.key.map((_part, index) => ['key', index]),
      ...Object.keys(PAYLOAD).map((name) => ['payload', name]),
      ...Object.keys(FULL).map((name) => ['payload', 'task', name]),
      ...Object.keys(FULL).map((name) => ['payload', 'task', 'children', 0, name]),
    );
    fc.assert(
      fc.property(member, anything, (path, value) => {
        const opened = openEnvelope(planted(path, value), KEY);
        if (opened === null) return;
        expect([opened.v, opened.key]).toEqual([VALID.v, VALID.key]);
        const { task } = opened.payload;
        expect([task.id, task.done, isDone(task.status)]).toEqual([KEY.id, true, true]);
        expect(Date.parse(opened.observedAt)).not.toBeNaN();
      }),
      { numRuns: 1_000 },
    );
  });
});
