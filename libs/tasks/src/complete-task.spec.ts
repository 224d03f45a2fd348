import { describe, expect, it } from '@jest/globals';
import { completeTask } from './complete-task.js';
import type { TaskStatus } from './task.js';

const partial = (status: TaskStatus) => ({
  id: 'a',
  status,
  upstreamStatus: status,
  progress: { percent: 100, step: 'copy' },
  endedAt: '2024-01-01T00:00:00.000Z',
  result: { made: 1 },
  error: { code: 'CONFLICT' as const, detail: 'in use', upstream: { code: 'X.1' } },
});

describe('completeTask', () => {
  it.each([
    ['pending', false, null, 99, false, false],
    ['running', false, null, 99, false, false],
    ['action_required', false, null, 99, false, false],
    ['unknown', false, null, 99, false, false],
    ['succeeded', true, 'success', 100, true, false],
    ['failed', true, 'failure', 99, false, true],
    ['cancelled', true, 'cancelled', 99, true, false],
  ] as const)('%s', (status, done, outcome, percent, hasResult, hasError) => {
    const task = completeTask(partial(status));
    expect(task).toMatchObject({ done, outcome, progress: { percent, step: 'copy' } });
    expect(task.endedAt !== null).toBe(done);
    expect(task.result !== null).toBe(hasResult);
    expect(task.error !== null).toBe(hasError);
  });

  it('success with failed items or sub-jobs: partial', () => {
    const failed = completeTask(partial('failed'));
    const counts = { succeeded: 0, failed: 1, ignored: 0 };
    expect(completeTask({ ...partial('succeeded'), counts }).outcome).toBe('partial');
    expect(completeTask({ ...partial('succeeded'), children: [failed] }).outcome).toBe('partial');
    expect(completeTask({ ...partial('succeeded'), itemsFailed: true }).outcome).toBe('partial');
    expect(completeTask({ ...partial('running'), itemsFailed: true }).outcome).toBeNull();
    expect(completeTask({ ...partial('failed'), itemsFailed: true })).toEqual(failed);
    expect(completeTask({ ...partial('succeeded'), children: [completeTask(partial('running'))] }).outcome).toBe(
      'success',
    );
  });

  it.each([
    ['running', 'unknown', null],
    ['succeeded', 'succeeded', null],
    ['failed', 'failed', { code: 'UNKNOWN', detail: null, upstream: { code: null } }],
    ['cancelled', 'cancelled', null],
  ] as const)('%s: children that are only named are %s, after those with a state', (status, childStatus, error) => {
    const whole = completeTask(partial('succeeded'));
    const { done, children } = completeTask({ ...partial(status), children: [whole], childIds: ['b', 'c'] });
    const named = { status: childStatus, done, upstreamStatus: '', result: null, error, endedAt: null };
    expect(children).toEqual([whole, expect.objectContaining(named), expect.objectContaining(named)]);
    expect(children.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    [41.5, 42],
    [1.5e-97, 0],
    [99.9, 99],
    [250, 99],
    [-1, null],
  ])('progress of %d: a whole percent that leaves the last one to success', (sent, percent) => {
    const task = completeTask({ ...partial('running'), progress: { percent: sent, step: 'copy' } });
    expect(task.progress).toEqual({ percent, step: 'copy' });
  });

  it.each([null, -1])('no reason and the progress %p: none is invented', (percent) => {
    const task = completeTask({ id: 'a', status: 'failed', upstreamStatus: 'FAIL', progress: { percent, step: null } });
    expect(task.error).toEqual({ code: 'UNKNOWN', detail: null, upstream: { code: null } });
    expect(task.progress).toBeNull();
  });
});
