import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { RetryBudget, RollingCounter } from './retry.js';

describe('retry budget', () => {
  it('many requests: a share of them may be retried, and always a minimum', () => {
    const budget = new RetryBudget({ retryBudgetRatio: 0.2, retryBudgetMinimum: 3, breakerWindowMs: 1_000 }, () => 0);
    const taken = () => Array.from({ length: 50 }, () => budget.tryTake()).filter(Boolean).length;
    expect(taken()).toBe(3);
    for (let request = 0; request < 100; request += 1) budget.recordRequest();
    expect(taken()).toBe(17);
  });

  it('time that passes: the budget recovers', () => {
    let now = 0;
    const budget = new RetryBudget({ retryBudgetRatio: 0, retryBudgetMinimum: 1, breakerWindowMs: 1_000 }, () => now);
    expect([budget.tryTake(), budget.tryTake()]).toEqual([true, false]);
    now = 1_000;
    expect([budget.tryTake(), budget.tryTake()]).toEqual([true, false]);
  });

  it('any traffic: never more than its share within a window', () => {
    const steps = fc.array(fc.record({ pause: fc.nat(400), retry: fc.boolean() }), { maxLength: 200 });
    const options = fc.record({ ratio: fc.double({ min: 0, max: 1, noNaN: true }), minimum: fc.nat(5) });
    fc.assert(
      fc.property(steps, options, (trace, { ratio, minimum }) => {
        let now = 0;
        const budget = new RetryBudget(
          { retryBudgetRatio: ratio, retryBudgetMinimum: minimum, breakerWindowMs: 1_000 },
          () => now,
        );
        const requests: number[] = [];
        const retries: number[] = [];
        for (const { pause, retry } of trace) {
          now += pause;
          if (!retry) {
            requests.push(now);
            budget.recordRequest();
          } else if (budget.tryTake()) {
            retries.push(now);
          }
          // The counter looks back nine to ten tenths of the window.
          const recent = retries.filter((at) => at > now - 900).length;
          const counted = requests.filter((at) => at > now - 1_900).length;
          expect(recent).toBeLessThanOrEqual(Math.max(minimum, ratio * counted));
        }
      }),
    );
  });
});

it('rolling counter: counts the last window, to a tenth of it', () => {
  let now = 0;
  const counter = new RollingCounter(1_000, () => now);
  const totals: number[] = [];
  for (; now < 2_000; now += 100) {
    counter.add();
    totals.push(counter.total());
  }
  expect(totals).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10]);
  now += 899;
  expect(counter.total()).toBe(1);
  now += 100_000;
  expect(counter.total()).toBe(0);
});
