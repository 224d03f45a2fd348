import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Problem } from '@gateway/problems';
import { fake, startFakeWatch, unavailable, limited, answerOf, store, join, pass } from './testing/fake-watch.js';

beforeEach(startFakeWatch);
afterEach(() => void jest.useRealTimers());

describe('a watched task', () => {
  it('quota of a caller is used up: another asks at once, and as often as ever', async () => {
    fake.proofs = new Map([
      ['own-a', Date.now() + 100_000],
      ['own-b', Date.now() + 200_000],
    ]);
    const [one, other] = [join('own-a'), join('own-b')];
    fake.cloud = (principal) => (principal === 'own-a' ? limited : 'v1');
    await pass(5.01);
    expect([fake.asked, one.heard, other.heard]).toEqual([['own-a', 'own-b'], ['rate-limited', 'v1'], ['v1']]);
    await pass(5);
    expect(fake.asked).toEqual(['own-a', 'own-b', 'own-b']);
  });

  it('quotas of all callers are used up: they are left alone for the time that is named', async () => {
    fake.proofs = new Map(['own-a', 'own-b'].map((name) => [name, Date.now() + 1_000_000]));
    join('own-a');
    join('own-b');
    fake.cloud = () => limited;
    await pass(5.01);
    expect(fake.asked).toEqual(['own-a', 'own-b']);
    await pass(299.9);
    expect(fake.asked).toHaveLength(2);
  });

  it('quotas of all callers are used up, one for longer: the other asks when its own pause is over', async () => {
    fake.proofs = new Map([
      ['own-a', Date.now() + 1_000_000],
      ['own-b', Date.now() + 2_000_000],
    ]);
    join('own-a');
    join('own-b');
    const briefly = new Problem('rate-limited', { detail: 'Your quota is used up.', retryAfterSeconds: 20 });
    fake.cloud = (principal) => (principal === 'own-a' ? limited : briefly);
    await pass(5.01);
    expect(fake.asked).toEqual(['own-a', 'own-b']);
    fake.cloud = () => 'v1';
    await pass(19.9);
    expect(fake.asked).toHaveLength(2);
    await pass(0.1);
    expect(fake.asked).toEqual(['own-a', 'own-b', 'own-b']);
  });

  it('caller whose turn it was leaves: one who is in a pause is left alone until its end', async () => {
    fake.proofs = new Map(['own-a', 'own-b'].map((name) => [name, Date.now() + 1_000_000]));
    const first = store('v0');
    join('own-a', limited);
    join('own-b', first).leave();
    await pass(299.9);
    expect(fake.asked).toEqual([]);
    await pass(0.2);
    expect(fake.asked).toEqual(['own-a']);
  });

  it('quota of one is used up while another is in a pause: that one is left alone, too', async () => {
    fake.proofs = new Map(['own-a', 'own-b'].map((name) => [name, Date.now() + 1_000_000]));
    const briefly = new Problem('rate-limited', { detail: 'Your quota is used up.', retryAfterSeconds: 8 });
    join('own-a');
    fake.cloud = () => briefly;
    await pass(5);
    join('own-b', limited);
    await pass(8);
    await pass(8);
    expect(fake.asked).toEqual(['own-a', 'own-a', 'own-a']);
  });

  it('joins with what the cloud has just told it: its pause is over', async () => {
    fake.proofs = new Map([['own-a', Date.now() + 1_000_000]]);
    join('own-a', limited);
    await pass(1);
    const watcher = join('own-a', answerOf('v1'), undefined, 'live');
    fake.cloud = () => 'v2';
    await pass(5);
    expect([fake.asked, watcher.heard]).toEqual([['own-a'], ['v2']]);
  });

  it('joins with a shorter pause than who joined before: is not kept waiting for the other', async () => {
    join('own-a', limited);
    const other = join('own-b', unavailable(7));
    await pass(7);
    expect([fake.asked, other.heard]).toEqual([['own-b'], ['v1']]);
  });

  it('joins with a quota that is used up, again and again: keeps nobody else from the turn', async () => {
    fake.proofs = new Map([
      ['own-a', -Infinity],
      ['own-b', Date.now() + 200_000],
    ]);
    join('own-b');
    for (let seconds = 0; seconds < 6; seconds += 1) {
      join('own-a', limited).leave();
      join('own-a', limited);
      await pass(1);
    }
    expect(fake.asked).toEqual(['own-b']);
  });

  it('pause that a caller was told: it is not asked for what is new before', async () => {
    fake.proofs = new Map([
      ['own-a', Date.now() + 1_000],
      ['own-b', Date.now() + 200_000],
    ]);
    const one = join('own-a');
    join('own-b');
    let version = 0;
    fake.cloud = (principal) => (principal === 'own-a' ? limited : `v${(version += 1)}`);
    await pass(30);
    expect(fake.asked.filter((principal) => principal === 'own-a')).toHaveLength(1);
    expect(one.heard).toEqual(['rate-limited']);
    fake.cloud = () => 'v100';
    await pass(300);
    expect(one.heard).toEqual(['rate-limited', 'v100']);
  });

  it.each([
    ['for ever', Number.MAX_SAFE_INTEGER, 30],
    ['not at all', 0, 5],
  ])(
    'forged answer that is to be waited for %s: the bounds of the provider hold',
    async (_, pollAfterSeconds, next) => {
      join();
      fake.stored = { ...answerOf('forged'), pollAfterSeconds };
      fake.task.sync();
      await pass(next - 0.1);
      expect(fake.asked).toEqual([]);
      await pass(0.2);
      expect(fake.asked).toEqual(['a']);
    },
  );
});
