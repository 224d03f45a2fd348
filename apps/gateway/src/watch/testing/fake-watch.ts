import { jest } from '@jest/globals';
import { Problem } from '@gateway/problems';
import { findProvider } from '@gateway/providers';
import type { Provider } from '@gateway/tasks';
import { TaskAddress } from '@gateway/tasks';
import type { StoredTask } from '@gateway/cache';
import type { Bearer } from '../../access/bearer-tokens.js';
import type { TaskAccess } from '../../tasks/access-proofs.js';
import { hitOf } from '../../tasks/task-reply.js';
import type { TaskAnswer } from '../../tasks/task-reply.js';
import { PollPace } from '../poll-pace.js';
import { WatchedTask } from '../watched-task.js';
import type { WatchContext } from '../watch-lookups.js';
import { Watcher } from '../watcher.js';

/** Seconds between two questions at first, and at most. */
export const POLL = { minSeconds: 5, maxSeconds: 30 };
export const provider = { ...(findProvider('ims') as Provider), poll: POLL };
export const address = new TaskAddress({
  provider: 'ims',
  region: 'r',
  projectId: 'p',
  instanceId: null,
  id: 'task-1',
});
export const unavailable = (retryAfterSeconds: number | null = null) =>
  new Problem('upstream-unavailable', { detail: 'It is away.', retryAfterSeconds });
export const limited = new Problem('rate-limited', { detail: 'Your quota is used up.', retryAfterSeconds: 300 });
export const missing = new Problem('task-not-found', { detail: 'There is none.' });

/** A watcher that keeps what it hears. */
export class Listener extends Watcher {
  readonly heard: (string | null)[] = [];
  onAnswer = ({ version }: TaskAnswer): void => void this.heard.push(version);
  onProblem = ({ slug }: Problem): void => void this.heard.push(slug);
  recovered = 0;
  override onRecovered = (): void => void (this.recovered += 1);
}

interface FakeWatch {
  stored: StoredTask | null;
  /** Principals who asked, and what each is told: by the cloud, or from the store where it is young enough. */
  asked: string[];
  signals: AbortSignal[];
  cloud: (principal: string) => string | Problem;
  proofs: Map<string, number>;
  /** Answers of the cloud arrive when it resolves. */
  arrival: Promise<unknown> | null;
  isEmpty: boolean;
  context: { -readonly [Member in keyof WatchContext]: WatchContext[Member] };
  task: WatchedTask;
}

/** What the store, the cloud and the task under test are, for one test. */
export const fake = {} as FakeWatch;

export function answerOf(version: string, done = version === 'done'): StoredTask {
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
export function store(version: string, agoMs = 0): StoredTask {
  fake.stored = { ...answerOf(version), observedAt: Date.now() - agoMs };
  return fake.stored;
}

/** Before each test: a store that is empty, and a cloud that knows v1. */
export function startFakeWatch(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  [fake.stored, fake.asked, fake.signals, fake.proofs, fake.arrival, fake.isEmpty] = [
    null,
    [],
    [],
    new Map(),
    null,
    false,
  ];
  fake.cloud = () => 'v1';
  const isYoung = (since: number | null) => fake.stored !== null && fake.stored.observedAt >= (since ?? Infinity);
  fake.context = {
    tasks: {
      getCached: (_target, { principal }, { observedSince }) =>
        isYoung(observedSince) && (fake.proofs.get(principal) ?? Infinity) > Date.now()
          ? hitOf(fake.stored as StoredTask, Date.now())
          : null,
      lastSeen: async (_target, { principal }) =>
        fake.stored !== null && (fake.proofs.get(principal) ?? Infinity) > Date.now()
          ? hitOf(fake.stored, Date.now())
          : null,
      ask: async (_target, { principal }, since, signal) => {
        fake.signals.push(signal);
        if (isYoung(since) && (fake.proofs.get(principal) ?? Infinity) > Date.now())
          return hitOf(fake.stored as StoredTask, Date.now());
        fake.asked.push(principal);
        await fake.arrival;
        const said = fake.cloud(principal);
        if (said instanceof Problem) throw said;
        fake.proofs.set(principal, fake.proofs.has(principal) ? Date.now() + 300_000 : Infinity);
        const answer = answerOf(said);
        if (fake.stored === null || fake.stored.observedAt <= answer.observedAt) fake.stored = answer;
        return { ...hitOf(answer, Date.now()), source: 'live' };
      },
    },
    stored: async () => fake.stored,
    proofEndsAt: ({ caller }) => fake.proofs.get(caller.principal) ?? Infinity,
    random: () => 0,
    onEmpty: () => (fake.isEmpty = true),
  };
  fake.task = new WatchedTask({ provider, address }, fake.context, new PollPace({ perSecond: 1_000_000, places: 2 }));
}

/** Joins with what its own lookup has just brought. */
export function join(
  principal = 'a',
  first: StoredTask | Problem = fake.stored ?? store('v0'),
  bearer?: Bearer,
  source: TaskAnswer['source'] = 'cache',
): Listener {
  const isOwn = fake.proofs.has(principal);
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
  fake.task.add(access, first instanceof Problem ? first : { ...hitOf(first, Date.now()), source }, watcher);
  return watcher;
}

export const pass = (seconds: number): Promise<void> => jest.advanceTimersByTimeAsync(seconds * 1_000);
