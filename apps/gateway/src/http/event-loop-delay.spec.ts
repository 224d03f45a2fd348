import { afterEach, describe, expect, it } from '@jest/globals';
import { EventLoopDelay } from './event-loop-delay.js';

/** Beyond all looks of the timer itself. */
const START = 1e9;
let delay: EventLoopDelay | undefined;
afterEach(() => delay?.stop());

/** Looks after so many milliseconds each, and what is found at each. */
function looks(maxMs: () => number, gaps: readonly number[]): readonly boolean[] {
  const watched = (delay = new EventLoopDelay(maxMs));
  watched.stop();
  let now = START;
  watched.look(now);
  watched.look((now += 100));
  return gaps.map((ms) => {
    watched.look((now += ms));
    return watched.isTooLate;
  });
}

describe('an event loop', () => {
  it('late once, however late: is not too late', () => {
    expect(looks(() => 50, [9000, 100, 9000, 120, 9000, 100])).not.toContain(true);
  });

  it('late time after time: is too late, until it is in time once', () => {
    expect(looks(() => 50, [151, 151, 151, 150, 151, 151])).toEqual([false, true, true, false, false, true]);
  });

  it('that may be as late as it likes: is never too late, as soon as that is said', () => {
    expect(looks(() => 0, [9000, 9000, 9000])).not.toContain(true);
    let maxMs = 50;
    const watched = (delay = new EventLoopDelay(() => maxMs));
    watched.stop();
    watched.look(START);
    for (const ms of [500, 1000]) watched.look(START + ms);
    expect(watched.isTooLate).toBe(true);
    maxMs = 0;
    watched.look(START + 1500);
    expect(watched.isTooLate).toBe(false);
  });
});
