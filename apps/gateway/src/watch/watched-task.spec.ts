import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Problem } from '@gateway/problems';
import type { StoredTask } from '@gateway/cache';
import { hitOf } from '../tasks/task-reply.js';
import { PollPace } from './poll-pace.js';
import { WatchedTask } from './watched-task.js';
import { fake, startFakeWatch, provider, address, missing, Listener, store, join, pass } from './testing/fake-watch.js';

beforeEach(startFakeWatch);
afterEach(() => void jest.useRealTimers());

describe('a watched task', () => {
  it('two watchers: one question in an interval, and each hears what is new', async () => {
    const [one, other] = [join(), join()];
    await pass(4.9);
    expect(fake.asked).toEqual([]);
    await pass(0.1);
    expect([fake.asked, one.heard, other.heard]).toEqual([['a'], ['v1'], ['v1']]);
    await pass(5);
    expect([fake.asked.length, one.heard]).toEqual([2, ['v1']]);
  });

  it.each([
    [5, 5.25],
    [30, 30.5],
  ])('interval of %s s: up to a tenth longer, and a second at most, at random', async (interval, seconds) => {
    fake.context.random = () => 0.5;
    join('a', { ...store('v0'), pollAfterSeconds: interval });
    await pass(seconds - 0.01);
    expect(fake.asked).toEqual([]);
    await pass(0.01);
    expect(fake.asked).toEqual(['a']);
  });

  it('answer of another replica that is young enough: is taken, and the next question follows it', async () => {
    const watcher = join();
    await pass(4.5);
    store('v2', 500);
    await pass(0.5);
    expect([fake.asked, watcher.heard]).toEqual([[], ['v2']]);
    await pass(3.9);
    expect(fake.asked).toEqual([]);
    await pass(0.1);
    expect(fake.asked).toEqual(['a']);
  });

  it('done: is heard once, and nobody watches any more', async () => {
    const watcher = join();
    fake.cloud = () => 'done';
    await pass(5);
    expect([watcher.heard, watcher.set, fake.isEmpty, jest.getTimerCount()]).toEqual([['done'], null, true, 0]);
  });

  it('last watcher leaves: no timer is left, and the question under way is called off', async () => {
    const [one, other] = [join(), join('b')];
    fake.arrival = new Promise(() => undefined);
    await pass(5);
    one.leave();
    expect([fake.isEmpty, fake.signals[0]?.aborted]).toEqual([false, false]);
    other.leave();
    other.leave();
    expect([fake.isEmpty, fake.signals[0]?.aborted, jest.getTimerCount()]).toEqual([true, true, 0]);
  });

  it('news of a replica whose clock is ahead comes during a question: the next one is asked all the same', async () => {
    join();
    fake.cloud = () => {
      store('v2', -1_900);
      fake.task.sync();
      return 'v1';
    };
    await pass(5);
    expect(fake.asked).toHaveLength(1);
    fake.cloud = () => 'v3';
    await pass(7);
    expect(fake.asked).toHaveLength(2);
  });

  it('news: what the store holds is heard at once, whatever is said twice is read once more at most', async () => {
    const watcher = join();
    store('v2');
    for (let count = 0; count < 100; count += 1) fake.task.sync();
    await pass(0);
    expect([watcher.heard, fake.asked]).toEqual([['v2'], []]);
    await pass(4.9);
    expect(fake.asked).toEqual([]);
  });

  it('news of what is older than what was heard: is not heard', async () => {
    const watcher = join();
    await pass(5);
    store('v0', 5_000);
    fake.task.sync();
    await pass(0);
    expect(watcher.heard).toEqual(['v1']);
  });

  it('joins with something older than the others know: hears the newer one at once', async () => {
    const before = store('v0');
    const first = join();
    store('v2');
    fake.task.sync();
    await pass(0);
    const late = join('b', before);
    await pass(0);
    expect([first.heard, late.heard]).toEqual([['v2'], ['v2']]);
  });

  it('joins again and again with what is known already: the next question is not put off', async () => {
    const first = store('v0');
    join();
    for (let tenths = 0; tenths < 49; tenths += 1) {
      await pass(0.1);
      join('a', first);
    }
    expect(fake.asked).toEqual([]);
    await pass(0.1);
    expect(fake.asked).toEqual(['a']);
  });
});

describe('what tasks share', () => {
  it('the cloud throttles another question: a turn that was taken before is put off to the end of the pause', async () => {
    const pace = new PollPace({ perSecond: 0.5, places: 2 });
    fake.task = new WatchedTask({ provider, address }, fake.context, pace);
    join();
    await pass(4.5);
    for (let others = 0; others < 2; others += 1) pace.reserveMs();
    // Its own comes after 8.5 seconds.
    await pass(1.5);
    const throttled = new Problem('upstream-throttled', { detail: 'Too many.', retryAfterSeconds: 10 });
    const other = pace.run(() => Promise.reject(throttled), new AbortController().signal);
    await expect(other).rejects.toBe(throttled);
    await pass(9.9);
    expect(fake.asked).toEqual([]);
    await pass(0.2);
    expect(fake.asked).toEqual(['a']);
  });

  it('a memory that keeps nothing: each caller is shown what Redis holds, after one look', async () => {
    fake.proofs = new Map(['own-a', 'own-b'].map((name) => [name, Date.now() + 60_000]));
    const [one, other] = [join('own-a'), join('own-b')];
    let looks = 0;
    const { lastSeen, ask } = fake.context.tasks;
    fake.context.tasks = {
      ask,
      getCached: async () => hitOf(fake.stored as StoredTask, Date.now()),
      lastSeen: (target, caller) => {
        looks += 1;
        // For ever, else.
        if (looks > 10) for (const watcher of [one, other]) watcher.leave();
        return lastSeen(target, caller);
      },
    };
    await pass(5);
    expect([one.heard, other.heard, fake.asked, looks]).toEqual([['v1'], ['v1'], ['own-a'], 1]);
  });
});

describe('a crowd', () => {
  it('10,000 watchers: others get their turn while they are called', async () => {
    const watchers = Array.from({ length: 10_000 }, () => join());
    let turns = 0;
    const slow = watchers[0] as Listener;
    slow.onAnswer = () => {
      const until = process.hrtime.bigint() + 6_000_000n;
      while (process.hrtime.bigint() < until);
      setImmediate(() => (turns = watchers.filter(({ heard }) => heard.length > 0).length));
    };
    jest.useRealTimers();
    store('v2');
    fake.task.sync();
    while (watchers.at(-1)?.heard.length === 0) await new Promise(setImmediate);
    for (const watcher of watchers) watcher.leave();
    expect(turns).toBeLessThan(9_999);
    expect(watchers.filter(({ heard }) => heard.length === 1)).toHaveLength(9_999);
  });

  it('proof that ends while they are called: is asked for before the others hear anything', async () => {
    fake.proofs = new Map([['own-a', Date.now() + 60_000]]);
    const watchers = Array.from({ length: 1_000 }, () => join('own-a'));
    const first = watchers[0] as Listener;
    first.onAnswer = () => void fake.proofs.set('own-a', -Infinity);
    fake.cloud = () => missing;
    jest.useRealTimers();
    store('v2');
    fake.task.sync();
    while (watchers.some(({ set }) => set !== null)) await new Promise(setImmediate);
    const shown = watchers.filter(({ known }) => known === 'v2').length;
    expect(shown).toBeLessThan(200);
    expect(watchers.filter(({ known, heard }) => known === 'v0' && heard[0] === 'task-not-found')).toHaveLength(
      1_000 - shown,
    );
    expect(fake.asked).toEqual(['own-a']);
  });
});
