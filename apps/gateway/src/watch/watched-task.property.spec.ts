import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { POLL } from './testing/fake-watch.js';
import { World } from './testing/watched-world.js';
import { PAUSE_SECONDS } from './testing/world-moods.js';
import { step, take } from './testing/world-steps.js';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

it('whatever happens: who watches is asked for, hears each version once and nothing after the end; nobody watches: nothing is left', async () => {
  const happens = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
    jest.clearAllTimers();
    const world = new World();
    for (const next of steps) {
      await take(world, next);
      await world.settle();
      world.check();
      // No two answers are of one moment.
      await world.pass(1);
    }
    // All is well again, and the task is done: everybody hears of it.
    world.moods.clear();
    world.change(true);
    for (let seconds = 0; seconds < PAUSE_SECONDS + 2 * POLL.maxSeconds; seconds += POLL.minSeconds) {
      await world.settle();
      while (world.pending.length > 0) {
        world.answer(0);
        await world.settle();
      }
      await world.pass(POLL.minSeconds * 1_000);
    }
    await world.settle();
    expect(world.waiting).toHaveLength(0);
    world.check();
  });
  await fc.assert(happens, { numRuns: 500 });
});
