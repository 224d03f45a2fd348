import { describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { completeTask, TASK_STATUSES } from '@gateway/tasks';
import type { Provider, TaskData } from '@gateway/tasks';
import fc from 'fast-check';
import { pollAfterSeconds } from './task-body.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const provider = { ...(PROVIDERS[0] as Provider), poll: { minSeconds: 2, maxSeconds: 20 } };
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();
const task = (more: Partial<TaskData> = {}): TaskData =>
  completeTask({ id: 'x', status: 'running', upstreamStatus: 'RUNNING', ...more });

describe('pollAfterSeconds', () => {
  it.each([
    [0, 2],
    [29, 2],
    [30, 3],
    [99, 9],
    [199, 19],
    [200, 20],
    [86_400, 20],
    // Their clock may be ahead of ours.
    [-3_600, 2],
  ])('%i s after its start: %i s', (age, expected) => {
    expect(pollAfterSeconds(task({ startedAt: ago(age) }), provider, NOW)).toBe(expected);
  });

  it('counts from the start, or else from the creation, or else from now', () => {
    expect(pollAfterSeconds(task({ startedAt: ago(100), createdAt: ago(1_000) }), provider, NOW)).toBe(10);
    expect(pollAfterSeconds(task({ createdAt: ago(100) }), provider, NOW)).toBe(10);
    expect(pollAfterSeconds(task(), provider, NOW)).toBe(2);
  });

  it.each(['action_required', 'unknown'] as const)('%s is looked at least often', (status) => {
    expect(pollAfterSeconds(task({ status, startedAt: ago(0) }), provider, NOW)).toBe(20);
  });

  it('is an integer between the bounds of the provider for what is not done, and null for the rest', () => {
    const time = fc.option(fc.date({ noInvalidDate: true }).map((date) => date.toISOString()));
    fc.assert(
      fc.property(
        fc.constantFrom(...PROVIDERS),
        fc.constantFrom(...TASK_STATUSES),
        time,
        time,
        fc.integer(),
        (one, status, startedAt, createdAt, now) => {
          const facts = task({ status, startedAt, createdAt });
          const seconds = pollAfterSeconds(facts, one, now);
          if (facts.done) return expect(seconds).toBeNull();
          expect(Number.isInteger(seconds)).toBe(true);
          expect(seconds).toBeGreaterThanOrEqual(one.poll.minSeconds);
          expect(seconds).toBeLessThanOrEqual(one.poll.maxSeconds);
        },
      ),
    );
  });
});
