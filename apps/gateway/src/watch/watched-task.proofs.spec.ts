import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Problem } from '@gateway/problems';
import type { Bearer } from '../access/bearer-tokens.js';
import { fake, startFakeWatch, unavailable, missing, store, join, pass } from './testing/fake-watch.js';

beforeEach(startFakeWatch);
afterEach(() => void jest.useRealTimers());

describe('a watched task', () => {
  it('rights that are lost: nothing more is shown, also to who hears of it only after others', async () => {
    const lost = Array.from({ length: 250 }, () => join('a'));
    const kept = join('b');
    const denial = new Problem('permission-denied', { detail: 'no' });
    fake.task.deny(({ caller }) => (caller.principal === 'a' ? denial : null));
    fake.cloud = () => 'v1';
    await pass(5);
    for (const { heard, set } of lost) expect([heard, set]).toEqual([['permission-denied'], null]);
    expect([kept.heard, kept.set === null]).toEqual([['v1'], false]);
  });

  it('many callers whose proofs have ended: each is asked once for what is new', async () => {
    const names = Array.from({ length: 30 }, (_, number) => `own-${number}`);
    fake.proofs = new Map(names.map((name) => [name, Date.now() + 60_000]));
    for (const name of names) join(name);
    await pass(4);
    fake.proofs = new Map(names.map((name) => [name, Date.now()]));
    await pass(1);
    await pass(0);
    expect([fake.signals.length, new Set(fake.asked).size]).toEqual([30, 30]);
  });

  it.each([
    ['tokens of their own: each caller is asked once', 'own-', 30],
    ["the gateway's credential: one is asked for all", 'key-', 1],
  ])('what is never stored, with %s, and all hear of it', async (_, kind, count) => {
    const names = Array.from({ length: 30 }, (_name, number) => `${kind}${number}`);
    if (kind === 'own-') fake.proofs = new Map(names.map((name) => [name, Date.now() + 60_000]));
    const all = names.map((name) => join(name));
    const { ask } = fake.context.tasks;
    fake.context.tasks = {
      getCached: () => null,
      lastSeen: async () => null,
      ask: async (...args) => {
        fake.stored = null;
        return ask(...args);
      },
    };
    await pass(5);
    await pass(0);
    expect([fake.asked.length, new Set(fake.asked).size]).toEqual([count, count]);
    expect(all.map(({ heard }) => heard)).toEqual(names.map(() => ['v1']));
  });

  it('two bearer tokens of one principal: if rights change, each is refused or not for itself', () => {
    const [before, now] = [{ endsAt: 1 }, { endsAt: 2 }] as unknown as readonly [Bearer, Bearer];
    const [one, other] = [join('a', fake.stored ?? store('v0'), before), join('a', fake.stored ?? store('v0'), now)];
    const denial = new Problem('unauthenticated', { detail: 'It has ended.', challenge: 'Bearer' });
    fake.task.deny(({ caller }) => (caller.bearer === before ? denial : null));
    expect([one.heard, one.set === null, other.heard, other.set === null]).toEqual([
      ['unauthenticated'],
      true,
      [],
      false,
    ]);
    fake.task.deny(({ caller }) => (caller.bearer === now ? denial : null));
    expect([other.heard, fake.isEmpty]).toEqual([['unauthenticated'], true]);
  });

  it('two cloud tokens with one bearer token: each hears what its own is answered, and nothing of the other', async () => {
    const bearer = { endsAt: 1 } as unknown as Bearer;
    fake.proofs = new Map([
      ['own-a', Date.now() + 100_000],
      ['own-b', -Infinity],
    ]);
    const [one, other] = [join('own-a', store('v0'), bearer), join('own-b', store('v0'), bearer)];
    fake.cloud = (principal) => (principal === 'own-a' ? 'v1' : missing);
    await pass(5.01);
    expect([one.heard, other.heard, other.set]).toEqual([['v1'], ['task-not-found'], null]);
    await pass(5);
    expect([one.heard, one.set === null]).toEqual([['v1'], false]);
  });

  it('caller without a live proof: hears nothing that another has fetched, but asks itself', async () => {
    fake.proofs = new Map([
      ['own-a', Date.now() + 5_000],
      ['own-b', Date.now() + 100_000],
    ]);
    const [one, other] = [join('own-a'), join('own-b')];
    fake.proofs.set('own-b', Date.now() + 1_000);
    fake.cloud = (principal) => (principal === 'own-b' ? 'v1' : missing);
    await pass(5);
    expect([fake.asked, one.heard, other.heard]).toEqual([['own-b', 'own-a'], ['task-not-found'], ['v1']]);
  });

  it('done, and one caller could not be shown it yet: is asked for again for that one', async () => {
    fake.proofs = new Map([
      ['own-a', Date.now() + 5_000],
      ['own-b', Date.now() + 100_000],
    ]);
    const [one, other] = [join('own-a'), join('own-b')];
    fake.proofs.set('own-b', Date.now() + 1_000);
    fake.cloud = (principal) => (principal === 'own-b' ? 'done' : unavailable());
    await pass(5);
    expect([one.heard, other.heard]).toEqual([['upstream-unavailable'], ['done']]);
    fake.cloud = () => 'done';
    await pass(10);
    expect([one.heard.at(-1), fake.isEmpty, jest.getTimerCount()]).toEqual(['done', true, 0]);
  });
});
