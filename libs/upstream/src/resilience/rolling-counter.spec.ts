import { expect, it } from '@jest/globals';
import { RollingCounter } from './rolling-counter.js';

it('counts the last window, to a tenth of it', () => {
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
