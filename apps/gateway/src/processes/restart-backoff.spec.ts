import { expect, it } from '@jest/globals';
import { RestartBackoff } from './restart-backoff.js';

it('pauses before what dies is started again: double up to the last, and begin anew after a calm time', () => {
  let now = 0;
  const pauses = new RestartBackoff({ first: 100, last: 500, calm: 1_000 }, () => now);
  const die = (afterMs: number): number => {
    now += afterMs;
    return pauses.next();
  };
  expect([0, 1_000, 1_000, 1_000, 1_000].map(die)).toEqual([100, 200, 400, 500, 500]);
  expect([1_001, 0].map(die)).toEqual([100, 200]);
});
