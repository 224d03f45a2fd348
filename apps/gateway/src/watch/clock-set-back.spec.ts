import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { StoredTask } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import { findProvider } from '@gateway/providers';
import type { Provider } from '@gateway/tasks';
import { TaskAddress } from '@gateway/tasks';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TaskAccess } from '../tasks/access-proofs.js';
import { hitOf } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import { PollPace } from './poll-pace.js';
import type { WatchContext } from './watch-lookups.js';
import { Wait } from './wait.js';
import { WatchedTask } from './watched-task.js';
import { Watcher } from './watcher.js';

const HOUR = 3_600_000;
const provider = { ...(findProvider('ims') as Provider), poll: { minSeconds: 5, maxSeconds: 30 } };
const address = new TaskAddress({ provider: 'ims', region: 'r', projectId: 'p', instanceId: null, id: 'task-1' });
const caller = { token: null, principal: 'a', account: 'a', grant: { kind: 'everything' }, endsAt: null } as const;
const access: TaskAccess = { caller, target: { provider, address }, partition: 'a', proof: 'upstream' };
const limited = new Problem('rate-limited', { detail: 'Your quota is used up.', retryAfterSeconds: 60 });

class Listener extends Watcher {
  readonly heard: (string | null)[] = [];
  onAnswer = ({ version }: TaskAnswer): void => void this.heard.push(version);
  onProblem = ({ slug }: Problem): void => void this.heard.push(slug);
}

/** What the cloud says next. */
let cloud: string | Problem;
let questions: number;
let task: WatchedTask;

const answerOf = (version: string): StoredTask => ({
  task: address.key,
  final: false,
  version,
  observedAt: Date.now(),
  pollAfterSeconds: 5,
  body: '{}',
  artifact: null,
  freshUntil: Date.now() + 1_500,
  keptUntil: Date.now() + 60_000,
  epoch: '',
});

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  [cloud, questions] = ['v0', 0];
  const context: WatchContext = {
    tasks: {
      getCached: () => null,
      lastSeen: async () => null,
      ask: async () => {
        questions += 1;
        if (cloud instanceof Problem) throw cloud;
        return { ...hitOf(answerOf(cloud), Date.now()), source: 'live' };
      },
    },
    stored: async () => null,
    proofEndsAt: () => Infinity,
    random: () => 0,
    onEmpty: () => undefined,
  };
  task = new WatchedTask({ provider, address }, context, new PollPace({ perSecond: 1_000_000, places: 2 }));
});
afterEach(() => void jest.useRealTimers());

function join(): Listener {
  const watcher = new Listener();
  watcher.known = 'v0';
  task.add(access, { ...hitOf(answerOf('v0'), Date.now()), source: 'live' }, watcher);
  return watcher;
}

const pass = (seconds: number): Promise<void> => jest.advanceTimersByTimeAsync(seconds * 1_000);
const setBack = (): void => jest.setSystemTime(Date.now() - HOUR);

it('watchers hear the next change, and the one after it, as soon as ever', async () => {
  const watcher = join();
  cloud = 'v1';
  await pass(5);
  setBack();
  cloud = 'v2';
  await pass(5);
  cloud = 'v3';
  await pass(5);
  expect([watcher.heard, questions]).toEqual([['v1', 'v2', 'v3'], 3]);
});

it('intervals are those that are said from then on', async () => {
  join();
  await pass(5);
  setBack();
  await pass(5);
  expect(task.followedSince).toBe(Date.now());
});

it('whoever joins is not told to look for what was observed later than it is now', async () => {
  join();
  expect(task.followedSince).toBe(Date.now());
  setBack();
  expect(task.followedSince).toBeNull();
});

it('pause that a caller was told is no longer', async () => {
  join();
  cloud = limited;
  await pass(5);
  setBack();
  await pass(59);
  expect(questions).toBe(1);
  await pass(1);
  expect(questions).toBe(2);
});

it('what was observed after a lookup had failed is shown at the end of a wait', () => {
  const reply = { raw: new EventEmitter() } as unknown as FastifyReply;
  const owner = { onEnd: jest.fn(), onClosed: jest.fn() };
  const wait = new Wait({} as FastifyRequest, reply, { caller, view: 'full' }, { provider, address }, Infinity, owner);
  const before = hitOf(answerOf('v0'), Date.now());
  jest.advanceTimersByTime(1_000);
  wait.onProblem(limited);
  expect(wait.hasFailedSince(before)).toBe(true);
  setBack();
  jest.advanceTimersByTime(1_000);
  expect(wait.hasFailedSince(hitOf(answerOf('v1'), Date.now()))).toBe(false);
});
