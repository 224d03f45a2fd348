import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Problem } from '@gateway/problems';
import { findProvider } from '@gateway/providers';
import type { Provider } from '@gateway/tasks';
import { TaskAddress } from '@gateway/tasks';
import type { StoredTask } from '@gateway/cache';
import type { Bearer } from '../access/bearer-tokens.js';
import type { TaskAccess } from '../tasks/access-proofs.js';
import { hitOf } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import { PollPace } from './poll-pace.js';
import { WatchedTask } from './watched-task.js';
import type { WatchContext } from './watch-questions.js';
import { Watcher } from './watcher.js';

/** Seconds between two questions at first, and at most. */
const POLL = { minSeconds: 5, maxSeconds: 30 };
const provider = { ...(findProvider('ims') as Provider), poll: POLL };
const address = new TaskAddress({ provider: 'ims', region: 'r', projectId: 'p', instanceId: null, id: 'task-1' });
const unavailable = (retryAfterSeconds: number | null = null) =>
  new Problem('upstream-unavailable', { detail: 'It is away.', retryAfterSeconds });
const limited = new Problem('rate-limited', { detail: 'Your quota is used up.', retryAfterSeconds: 300 });
const missing = new Problem('task-not-found', { detail: 'There is none.' });

/** A watcher that keeps what it hears. */
class Listener extends Watcher {
  readonly heard: (string | null)[] = [];
  onAnswer = ({ version }: TaskAnswer): void => void this.heard.push(version);
  onProblem = ({ slug }: Problem): void => void this.heard.push(slug);
  recovered = 0;
  override onRecovered = (): void => void (this.recovered += 1);
}

let stored: StoredTask | null;
/** Principals who asked, and what each is told: by the cloud, or from the store where it is young enough. */
let asked: string[];
let signals: AbortSignal[];
let cloud: (principal: string) => string | Problem;
let proofs: Map<string, number>;
/** Answers of the cloud arrive when it resolves. */
let arrival: Promise<unknown> | null;
let isEmpty: boolean;
let context: { -readonly [Member in keyof WatchContext]: WatchContext[Member] };
let task: WatchedTask;

function answerOf(version: string, done = version === 'done'): StoredTask {
  return {
    task: address.key,
    final: done,
    version,
    observedAt: Date.now(),
    pollAfterSeconds: done ? null : POLL.minSeconds,
    body: '{}',
    artifact: null,
    freshUntil: Date.now() + 1_500,
    keptUntil: Date.now() + 60_000,
    epoch: '',
  };
}

/** The store holds this, observed so many milliseconds ago. */
function store(version: string, agoMs = 0): StoredTask {
  stored = { ...answerOf(version), observedAt: Date.now() - agoMs };
  return stored;
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  [stored, asked, signals, proofs, arrival, isEmpty] = [null, [], [], new Map(), null, false];
  cloud = () => 'v1';
  const isYoung = (since: number | null) => stored !== null && stored.observedAt >= (since ?? Infinity);
  context = {
    tasks: {
      getCached: (_target, { principal }, { observedSince }) =>
        isYoung(observedSince) && (proofs.get(principal) ?? Infinity) > Date.now()
          ? hitOf(stored as StoredTask, Date.now())
          : null,
      lastSeen: async (_target, { principal }) =>
        stored !== null && (proofs.get(principal) ?? Infinity) > Date.now() ? hitOf(stored, Date.now()) : null,
      ask: async (_target, { principal }, since, signal) => {
        signals.push(signal);
        if (isYoung(since) && (proofs.get(principal) ?? Infinity) > Date.now())
          return hitOf(stored as StoredTask, Date.now());
        asked.push(principal);
        await arrival;
        const said = cloud(principal);
        if (said instanceof Problem) throw said;
        proofs.set(principal, proofs.has(principal) ? Date.now() + 300_000 : Infinity);
        const answer = answerOf(said);
        if (stored === null || stored.observedAt <= answer.observedAt) stored = answer;
        return { ...hitOf(answer, Date.now()), source: 'live' };
      },
    },
    stored: async () => stored,
    proofEndsAt: ({ caller }) => proofs.get(caller.principal) ?? Infinity,
    random: () => 0,
    onEmpty: () => (isEmpty = true),
  };
  task = new WatchedTask({ provider, address }, context, new PollPace({ perSecond: 1_000_000, places: 2 }));
});
afterEach(() => void jest.useRealTimers());

/** Joins with what its own lookup has just brought. */
function join(
  principal = 'a',
  first: StoredTask | Problem = stored ?? store('v0'),
  bearer?: Bearer,
  source: TaskAnswer['source'] = 'cache',
): Listener {
  const isOwn = proofs.has(principal);
  const grant = { kind: 'everything' } as const;
  const caller = { token: null, principal, account: principal, grant, endsAt: null, ...(bearer && { bearer }) };
  const access: TaskAccess = {
    caller,
    target: { provider, address },
    partition: isOwn ? principal : 'gateway',
    proof: isOwn ? 'upstream' : 'policy',
  };
  const watcher = new Listener();
  if (!(first instanceof Problem)) watcher.known = first.version;
  task.add(access, first instanceof Problem ? first : { ...hitOf(first, Date.now()), source }, watcher);
  return watcher;
}

const pass = (seconds: number): Promise<void> => jest.advanceTimersByTimeAsync(seconds * 1_000);

describe('a watched task', () => {
  it('two watchers: one question in an interval, and each hears what is new', async () => {
    const [one, other] = [join(), join()];
    await pass(4.9);
    expect(asked).toEqual([]);
    await pass(0.1);
    expect([asked, one.heard, other.heard]).toEqual([['a'], ['v1'], ['v1']]);
    await pass(5);
    expect([asked.length, one.heard]).toEqual([2, ['v1']]);
  });

  it('answer of another replica that is young enough: is taken, and the next question follows it', async () => {
    const watcher = join();
    await pass(4.5);
    store('v2', 500);
    await pass(0.5);
    expect([asked, watcher.heard]).toEqual([[], ['v2']]);
    await pass(3.9);
    expect(asked).toEqual([]);
    await pass(0.1);
    expect(asked).toEqual(['a']);
  });

  it('rights that are lost: nothing more is shown, also to who hears of it only after others', async () => {
    const lost = Array.from({ length: 250 }, () => join('a'));
    const kept = join('b');
    const refusal = new Problem('permission-denied', { detail: 'no' });
    task.refuse(({ caller }) => (caller.principal === 'a' ? refusal : null));
    cloud = () => 'v1';
    await pass(5);
    for (const { heard, set } of lost) expect([heard, set]).toEqual([['permission-denied'], null]);
    expect([kept.heard, kept.set === null]).toEqual([['v1'], false]);
  });

  it('done: is heard once, and nobody watches any more', async () => {
    const watcher = join();
    cloud = () => 'done';
    await pass(5);
    expect([watcher.heard, watcher.set, isEmpty, jest.getTimerCount()]).toEqual([['done'], null, true, 0]);
  });

  it('last watcher leaves: no timer is left, and the question under way is called off', async () => {
    const [one, other] = [join(), join('b')];
    arrival = new Promise(() => undefined);
    await pass(5);
    one.leave();
    expect([isEmpty, signals[0]?.aborted]).toEqual([false, false]);
    other.leave();
    other.leave();
    expect([isEmpty, signals[0]?.aborted, jest.getTimerCount()]).toEqual([true, true, 0]);
  });

  it('lookups that fail: intervals double to the greatest of the provider, and Retry-After wins', async () => {
    const watcher = join();
    cloud = () => unavailable();
    for (const [seconds, count] of [
      [5, 1],
      [10, 2],
      [20, 3],
      [30, 4],
      [30, 5],
    ] as const) {
      await pass(seconds - 0.1);
      expect(asked).toHaveLength(count - 1);
      await pass(0.1);
      expect(asked).toHaveLength(count);
    }
    cloud = () => unavailable(7);
    await pass(30);
    await pass(7);
    expect(asked).toHaveLength(7);
    cloud = () => 'v1';
    await pass(7);
    await pass(5);
    expect([asked.length, watcher.heard.at(-1)]).toEqual([9, 'v1']);
  });

  it('failure with the credential of the gateway: all hear it; one that nothing mends is the last', async () => {
    const [one, other] = [join('a'), join('b')];
    cloud = () => unavailable();
    await pass(5);
    cloud = () => missing;
    await pass(10);
    const heard = ['upstream-unavailable', 'task-not-found'];
    expect([one.heard, other.heard, isEmpty]).toEqual([heard, heard, true]);
  });

  it("failure of a caller's own token: that caller alone hears it, and another asks at once", async () => {
    proofs = new Map([
      ['own-a', Date.now() + 10_000],
      ['own-b', Date.now() + 20_000],
    ]);
    const [one, other] = [join('own-a'), join('own-b')];
    cloud = (principal) => (principal === 'own-a' ? missing : 'v1');
    await pass(5);
    await pass(0.01);
    expect(asked).toEqual(['own-a', 'own-b']);
    expect([one.heard, other.heard, one.set]).toEqual([['task-not-found'], ['v1'], null]);
  });

  it('several tokens: the one whose proof ends first asks, and is not asked again before the others', async () => {
    proofs = new Map([
      ['own-a', Date.now() + 200_000],
      ['own-b', Date.now() + 100_000],
    ]);
    join('own-a');
    join('own-b');
    await pass(10);
    expect(asked).toEqual(['own-b', 'own-a']);
  });

  it('lookups work again: told once, also where nothing has changed, to all who had heard of the failure', async () => {
    const [one, other] = [join(), join('b')];
    cloud = () => unavailable();
    await pass(5);
    cloud = () => 'v0';
    await pass(10);
    expect([one.heard, one.recovered, other.heard, other.recovered]).toEqual([
      ['upstream-unavailable'],
      1,
      ['upstream-unavailable'],
      1,
    ]);
    await pass(5);
    expect([asked.length, one.recovered]).toEqual([3, 1]);
  });

  it('quota of a caller is used up: another asks at once, and as often as ever', async () => {
    proofs = new Map([
      ['own-a', Date.now() + 100_000],
      ['own-b', Date.now() + 200_000],
    ]);
    const [one, other] = [join('own-a'), join('own-b')];
    cloud = (principal) => (principal === 'own-a' ? limited : 'v1');
    await pass(5.01);
    expect([asked, one.heard, other.heard]).toEqual([['own-a', 'own-b'], ['rate-limited', 'v1'], ['v1']]);
    await pass(5);
    expect(asked).toEqual(['own-a', 'own-b', 'own-b']);
  });

  it('quotas of all callers are used up: they are left alone for the time that is named', async () => {
    proofs = new Map(['own-a', 'own-b'].map((name) => [name, Date.now() + 1_000_000]));
    join('own-a');
    join('own-b');
    cloud = () => limited;
    await pass(5.01);
    expect(asked).toEqual(['own-a', 'own-b']);
    await pass(299.9);
    expect(asked).toHaveLength(2);
  });

  it('quotas of all callers are used up, one for longer: the other asks when its own pause is over', async () => {
    proofs = new Map([
      ['own-a', Date.now() + 1_000_000],
      ['own-b', Date.now() + 2_000_000],
    ]);
    join('own-a');
    join('own-b');
    const briefly = new Problem('rate-limited', { detail: 'Your quota is used up.', retryAfterSeconds: 20 });
    cloud = (principal) => (principal === 'own-a' ? limited : briefly);
    await pass(5.01);
    expect(asked).toEqual(['own-a', 'own-b']);
    cloud = () => 'v1';
    await pass(19.9);
    expect(asked).toHaveLength(2);
    await pass(0.1);
    expect(asked).toEqual(['own-a', 'own-b', 'own-b']);
  });

  it('caller whose turn it was leaves: one who is in a pause is left alone until its end', async () => {
    proofs = new Map(['own-a', 'own-b'].map((name) => [name, Date.now() + 1_000_000]));
    const first = store('v0');
    join('own-a', limited);
    join('own-b', first).leave();
    await pass(299.9);
    expect(asked).toEqual([]);
    await pass(0.2);
    expect(asked).toEqual(['own-a']);
  });

  it('quota of one is used up while another is in a pause: that one is left alone, too', async () => {
    proofs = new Map(['own-a', 'own-b'].map((name) => [name, Date.now() + 1_000_000]));
    const briefly = new Problem('rate-limited', { detail: 'Your quota is used up.', retryAfterSeconds: 8 });
    join('own-a');
    cloud = () => briefly;
    await pass(5);
    join('own-b', limited);
    await pass(8);
    await pass(8);
    expect(asked).toEqual(['own-a', 'own-a', 'own-a']);
  });

  it('joins with what the cloud has just told it: its pause is over', async () => {
    proofs = new Map([['own-a', Date.now() + 1_000_000]]);
    join('own-a', limited);
    await pass(1);
    const watcher = join('own-a', answerOf('v1'), undefined, 'live');
    cloud = () => 'v2';
    await pass(5);
    expect([asked, watcher.heard]).toEqual([['own-a'], ['v2']]);
  });

  it('joins with a shorter pause than who joined before: is not kept waiting for the other', async () => {
    join('own-a', limited);
    const other = join('own-b', unavailable(7));
    await pass(7);
    expect([asked, other.heard]).toEqual([['own-b'], ['v1']]);
  });

  it('joins with a quota that is used up, again and again: keeps nobody else from the turn', async () => {
    proofs = new Map([
      ['own-a', -Infinity],
      ['own-b', Date.now() + 200_000],
    ]);
    join('own-b');
    for (let seconds = 0; seconds < 6; seconds += 1) {
      join('own-a', limited).leave();
      join('own-a', limited);
      await pass(1);
    }
    expect(asked).toEqual(['own-b']);
  });

  it('many callers whose proofs have ended: each is asked once for what is new', async () => {
    const names = Array.from({ length: 30 }, (_, number) => `own-${number}`);
    proofs = new Map(names.map((name) => [name, Date.now() + 60_000]));
    for (const name of names) join(name);
    await pass(4);
    proofs = new Map(names.map((name) => [name, Date.now()]));
    await pass(1);
    await pass(0);
    expect([signals.length, new Set(asked).size]).toEqual([30, 30]);
  });

  it.each([
    ['tokens of their own: each caller is asked once', 'own-', 30],
    ["the gateway's credential: one is asked for all", 'key-', 1],
  ])('what is never stored, with %s, and all hear of it', async (_, kind, count) => {
    const names = Array.from({ length: 30 }, (_name, number) => `${kind}${number}`);
    if (kind === 'own-') proofs = new Map(names.map((name) => [name, Date.now() + 60_000]));
    const all = names.map((name) => join(name));
    const { ask } = context.tasks;
    context.tasks = {
      getCached: () => null,
      lastSeen: async () => null,
      ask: async (...args) => {
        stored = null;
        return ask(...args);
      },
    };
    await pass(5);
    await pass(0);
    expect([asked.length, new Set(asked).size]).toEqual([count, count]);
    expect(all.map(({ heard }) => heard)).toEqual(names.map(() => ['v1']));
  });

  it('two bearer tokens of one principal: if rights change, each is refused or not for itself', () => {
    const [before, now] = [{ endsAt: 1 }, { endsAt: 2 }] as unknown as readonly [Bearer, Bearer];
    const [one, other] = [join('a', stored ?? store('v0'), before), join('a', stored ?? store('v0'), now)];
    const refusal = new Problem('unauthenticated', { detail: 'It has ended.', challenge: 'Bearer' });
    task.refuse(({ caller }) => (caller.bearer === before ? refusal : null));
    expect([one.heard, one.set === null, other.heard, other.set === null]).toEqual([
      ['unauthenticated'],
      true,
      [],
      false,
    ]);
    task.refuse(({ caller }) => (caller.bearer === now ? refusal : null));
    expect([other.heard, isEmpty]).toEqual([['unauthenticated'], true]);
  });

  it('two cloud tokens with one bearer token: each hears what its own is answered, and nothing of the other', async () => {
    const bearer = { endsAt: 1 } as unknown as Bearer;
    proofs = new Map([
      ['own-a', Date.now() + 100_000],
      ['own-b', -Infinity],
    ]);
    const [one, other] = [join('own-a', store('v0'), bearer), join('own-b', store('v0'), bearer)];
    cloud = (principal) => (principal === 'own-a' ? 'v1' : missing);
    await pass(5.01);
    expect([one.heard, other.heard, other.set]).toEqual([['v1'], ['task-not-found'], null]);
    await pass(5);
    expect([one.heard, one.set === null]).toEqual([['v1'], false]);
  });

  it('pause that a caller was told: it is not asked for what is new before', async () => {
    proofs = new Map([
      ['own-a', Date.now() + 1_000],
      ['own-b', Date.now() + 200_000],
    ]);
    const one = join('own-a');
    join('own-b');
    let version = 0;
    cloud = (principal) => (principal === 'own-a' ? limited : `v${(version += 1)}`);
    await pass(30);
    expect(asked.filter((principal) => principal === 'own-a')).toHaveLength(1);
    expect(one.heard).toEqual(['rate-limited']);
    cloud = () => 'v100';
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
      stored = { ...answerOf('forged'), pollAfterSeconds };
      task.look();
      await pass(next - 0.1);
      expect(asked).toEqual([]);
      await pass(0.2);
      expect(asked).toEqual(['a']);
    },
  );

  it('failures that can pass: another caller asks the next time', async () => {
    proofs = new Map([
      ['own-a', Date.now() + 100_000],
      ['own-b', Date.now() + 200_000],
    ]);
    join('own-a');
    join('own-b');
    cloud = () => unavailable();
    await pass(15);
    expect(asked).toEqual(['own-a', 'own-b']);
  });

  it('caller without a live proof: hears nothing that another has fetched, but asks itself', async () => {
    proofs = new Map([
      ['own-a', Date.now() + 5_000],
      ['own-b', Date.now() + 100_000],
    ]);
    const [one, other] = [join('own-a'), join('own-b')];
    proofs.set('own-b', Date.now() + 1_000);
    cloud = (principal) => (principal === 'own-b' ? 'v1' : missing);
    await pass(5);
    expect([asked, one.heard, other.heard]).toEqual([['own-b', 'own-a'], ['task-not-found'], ['v1']]);
  });

  it('done, and one caller could not be shown it yet: is asked for again for that one', async () => {
    proofs = new Map([
      ['own-a', Date.now() + 5_000],
      ['own-b', Date.now() + 100_000],
    ]);
    const [one, other] = [join('own-a'), join('own-b')];
    proofs.set('own-b', Date.now() + 1_000);
    cloud = (principal) => (principal === 'own-b' ? 'done' : unavailable());
    await pass(5);
    expect([one.heard, other.heard]).toEqual([['upstream-unavailable'], ['done']]);
    cloud = () => 'done';
    await pass(10);
    expect([one.heard.at(-1), isEmpty, jest.getTimerCount()]).toEqual(['done', true, 0]);
  });

  it('news of a replica whose clock is ahead comes during a question: the next one is asked all the same', async () => {
    join();
    cloud = () => {
      store('v2', -1_900);
      task.look();
      return 'v1';
    };
    await pass(5);
    expect(asked).toHaveLength(1);
    cloud = () => 'v3';
    await pass(7);
    expect(asked).toHaveLength(2);
  });

  it('news: what the store holds is heard at once, whatever is said twice is read once more at most', async () => {
    const watcher = join();
    store('v2');
    for (let count = 0; count < 100; count += 1) task.look();
    await pass(0);
    expect([watcher.heard, asked]).toEqual([['v2'], []]);
    await pass(4.9);
    expect(asked).toEqual([]);
  });

  it('news of what is older than what was heard: is not heard', async () => {
    const watcher = join();
    await pass(5);
    store('v0', 5_000);
    task.look();
    await pass(0);
    expect(watcher.heard).toEqual(['v1']);
  });

  it('joins with something older than the others know: hears the newer one at once', async () => {
    const before = store('v0');
    const first = join();
    store('v2');
    task.look();
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
    expect(asked).toEqual([]);
    await pass(0.1);
    expect(asked).toEqual(['a']);
  });

  it('joins with a lookup that failed: is asked again after the pause', async () => {
    const watcher = join('a', unavailable(3));
    await pass(3);
    expect([asked, watcher.heard]).toEqual([['a'], ['v1']]);
  });
});

describe('what tasks share', () => {
  it('the cloud throttles another question: a turn that was taken before is put off to the end of the pause', async () => {
    const pace = new PollPace({ perSecond: 0.5, places: 2 });
    task = new WatchedTask({ provider, address }, context, pace);
    join();
    await pass(4.5);
    for (let others = 0; others < 2; others += 1) pace.reserveMs();
    // Its own comes after 8.5 seconds.
    await pass(1.5);
    const throttled = new Problem('upstream-throttled', { detail: 'Too many.', retryAfterSeconds: 10 });
    const other = pace.run(() => Promise.reject(throttled), new AbortController().signal);
    await expect(other).rejects.toBe(throttled);
    await pass(9.9);
    expect(asked).toEqual([]);
    await pass(0.2);
    expect(asked).toEqual(['a']);
  });

  it('a memory that keeps nothing: each caller is shown what Redis holds, after one look', async () => {
    proofs = new Map(['own-a', 'own-b'].map((name) => [name, Date.now() + 60_000]));
    const [one, other] = [join('own-a'), join('own-b')];
    let looks = 0;
    const { lastSeen, ask } = context.tasks;
    context.tasks = {
      ask,
      getCached: async () => hitOf(stored as StoredTask, Date.now()),
      lastSeen: (target, caller) => {
        looks += 1;
        // For ever, else.
        if (looks > 10) for (const watcher of [one, other]) watcher.leave();
        return lastSeen(target, caller);
      },
    };
    await pass(5);
    expect([one.heard, other.heard, asked, looks]).toEqual([['v1'], ['v1'], ['own-a'], 1]);
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
    task.look();
    while (watchers.at(-1)?.heard.length === 0) await new Promise(setImmediate);
    for (const watcher of watchers) watcher.leave();
    expect(turns).toBeLessThan(9_999);
    expect(watchers.filter(({ heard }) => heard.length === 1)).toHaveLength(9_999);
  });

  it('proof that ends while they are called: is asked for before the others hear anything', async () => {
    proofs = new Map([['own-a', Date.now() + 60_000]]);
    const watchers = Array.from({ length: 1_000 }, () => join('own-a'));
    const first = watchers[0] as Listener;
    first.onAnswer = () => void proofs.set('own-a', -Infinity);
    cloud = () => missing;
    jest.useRealTimers();
    store('v2');
    task.look();
    while (watchers.some(({ set }) => set !== null)) await new Promise(setImmediate);
    const shown = watchers.filter(({ known }) => known === 'v2').length;
    expect(shown).toBeLessThan(200);
    expect(watchers.filter(({ known, heard }) => known === 'v0' && heard[0] === 'task-not-found')).toHaveLength(
      1_000 - shown,
    );
    expect(asked).toEqual(['own-a']);
  });
});
