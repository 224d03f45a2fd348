import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { fake, startFakeWatch, unavailable, missing, join, pass } from './testing/fake-watch.js';

beforeEach(startFakeWatch);
afterEach(() => void jest.useRealTimers());

describe('a watched task', () => {
  it('lookups that fail: intervals double to the greatest of the provider, and Retry-After wins', async () => {
    const watcher = join();
    fake.cloud = () => unavailable();
    for (const [seconds, count] of [
      [5, 1],
      [10, 2],
      [20, 3],
      [30, 4],
      [30, 5],
    ] as const) {
      await pass(seconds - 0.1);
      expect(fake.asked).toHaveLength(count - 1);
      await pass(0.1);
      expect(fake.asked).toHaveLength(count);
    }
    fake.cloud = () => unavailable(7);
    await pass(30);
    await pass(7);
    expect(fake.asked).toHaveLength(7);
    fake.cloud = () => 'v1';
    await pass(7);
    await pass(5);
    expect([fake.asked.length, watcher.heard.at(-1)]).toEqual([9, 'v1']);
  });

  it('failure with the credential of the gateway: all hear it; one that nothing mends is the last', async () => {
    const [one, other] = [join('a'), join('b')];
    fake.cloud = () => unavailable();
    await pass(5);
    fake.cloud = () => missing;
    await pass(10);
    const heard = ['upstream-unavailable', 'task-not-found'];
    expect([one.heard, other.heard, fake.isEmpty]).toEqual([heard, heard, true]);
  });

  it("failure of a caller's own token: that caller alone hears it, and another asks at once", async () => {
    fake.proofs = new Map([
      ['own-a', Date.now() + 10_000],
      ['own-b', Date.now() + 20_000],
    ]);
    const [one, other] = [join('own-a'), join('own-b')];
    fake.cloud = (principal) => (principal === 'own-a' ? missing : 'v1');
    await pass(5);
    await pass(0.01);
    expect(fake.asked).toEqual(['own-a', 'own-b']);
    expect([one.heard, other.heard, one.set]).toEqual([['task-not-found'], ['v1'], null]);
  });

  it('several tokens: the one whose proof ends first asks, and is not asked again before the others', async () => {
    fake.proofs = new Map([
      ['own-a', Date.now() + 200_000],
      ['own-b', Date.now() + 100_000],
    ]);
    join('own-a');
    join('own-b');
    await pass(10);
    expect(fake.asked).toEqual(['own-b', 'own-a']);
  });

  it('lookups work again: told once, also where nothing has changed, to all who had heard of the failure', async () => {
    const [one, other] = [join(), join('b')];
    fake.cloud = () => unavailable();
    await pass(5);
    fake.cloud = () => 'v0';
    await pass(10);
    expect([one.heard, one.recovered, other.heard, other.recovered]).toEqual([
      ['upstream-unavailable'],
      1,
      ['upstream-unavailable'],
      1,
    ]);
    await pass(5);
    expect([fake.asked.length, one.recovered]).toEqual([3, 1]);
  });

  it('failures that can pass: another caller asks the next time', async () => {
    fake.proofs = new Map([
      ['own-a', Date.now() + 100_000],
      ['own-b', Date.now() + 200_000],
    ]);
    join('own-a');
    join('own-b');
    fake.cloud = () => unavailable();
    await pass(15);
    expect(fake.asked).toEqual(['own-a', 'own-b']);
  });

  it('joins with a lookup that failed: is asked again after the pause', async () => {
    const watcher = join('a', unavailable(3));
    await pass(3);
    expect([fake.asked, watcher.heard]).toEqual([['a'], ['v1']]);
  });
});
