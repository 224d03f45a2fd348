import { beforeEach, expect, it } from '@jest/globals';
import type { StoredTask } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import { findProvider } from '@gateway/providers';
import type { Provider } from '@gateway/tasks';
import { TaskAddress } from '@gateway/tasks';
import { hitOf } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import { PollPace } from './poll-pace.js';
import { WatchDelivery } from './watch-delivery.js';
import { WatchGroups } from './watch-groups.js';
import { WatchLookups } from './watch-lookups.js';
import { Watcher } from './watcher.js';

const provider = findProvider('ims') as Provider;
const address = new TaskAddress({ provider: 'ims', region: 'r', projectId: 'p', instanceId: null, id: 'task-1' });
const target = { provider, address };
const caller = { token: null, principal: 'a', account: 'a', grant: { kind: 'everything' }, endsAt: null } as const;
const away = new Problem('upstream-unavailable', { detail: 'It is away.', retryAfterSeconds: null });
const BEGAN = Date.now();

class Listener extends Watcher {
  readonly heard: (string | null)[] = [];
  onAnswer = ({ version }: TaskAnswer): void => void this.heard.push(version);
  onProblem = ({ slug }: Problem): void => void this.heard.push(slug);
}

/** What a question is told, each when its turn comes. */
let questions: { readonly since: number; readonly tell: (said: TaskAnswer | Problem) => void }[];
let delivery: WatchDelivery;
let watcher: Listener;

/** @param at milliseconds since the beginning */
const answerAt = (at: number, version = `v${at}`): TaskAnswer => {
  const stored: StoredTask = {
    task: address.key,
    final: false,
    version,
    observedAt: BEGAN + at,
    pollAfterSeconds: 5,
    body: '{}',
    artifact: null,
    freshUntil: BEGAN + at + 1_500,
    keptUntil: BEGAN + at + 60_000,
    epoch: '',
  };
  return hitOf(stored, BEGAN + at);
};
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

beforeEach(() => {
  questions = [];
  // Nobody but the cloud can tell whether the caller may see the task.
  const tasks = {
    getCached: () => null,
    lastSeen: async () => null,
    ask: (_target: unknown, _caller: unknown, since: number | null) =>
      new Promise<TaskAnswer>((resolve, reject) => {
        const tell = (said: TaskAnswer | Problem) => (said instanceof Problem ? reject(said) : resolve(said));
        questions.push({ since: (since ?? NaN) - BEGAN, tell });
      }),
  };
  const groups = new WatchGroups();
  const pace = new PollPace({ perSecond: 1_000_000, places: 2 });
  const questionsOfTask = new WatchLookups({ tasks }, groups, pace);
  delivery = new WatchDelivery({ tasks, proofEndsAt: () => Infinity }, groups, questionsOfTask);
  const group = groups.open({ caller, target, partition: 'a', proof: 'upstream' }, () => undefined);
  watcher = new Listener();
  group.add(watcher);
});

/** News come, of which only the cloud can say whether the caller may see them. */
async function bringNews(at: number): Promise<void> {
  await delivery.deliver(answerAt(at), null);
  await settled();
}

it('news while it is asked whether older ones may be seen: are asked about next', async () => {
  await bringNews(10);
  await bringNews(30);
  await bringNews(20);
  expect(questions.map(({ since }) => since)).toEqual([10]);
  questions[0]?.tell(answerAt(10));
  await settled();
  expect([watcher.heard, questions.map(({ since }) => since)]).toEqual([['v10'], [10, 30]]);
  questions[1]?.tell(answerAt(30));
  await settled();
  expect([watcher.heard, questions.length]).toEqual([['v10', 'v30'], 2]);
});

it('news while it is asked about older ones, and the answer is as new: are not asked about', async () => {
  await bringNews(10);
  await bringNews(20);
  questions[0]?.tell(answerAt(20));
  await settled();
  expect([watcher.heard, questions.length]).toEqual([['v20'], 1]);
});

it('news while it is asked about older ones, and that fails: are left to the next turn', async () => {
  await bringNews(10);
  await bringNews(20);
  questions[0]?.tell(away);
  await settled();
  expect([watcher.heard, questions.length]).toEqual([['upstream-unavailable'], 1]);
  await bringNews(30);
  questions[1]?.tell(answerAt(30));
  await settled();
  expect(watcher.heard).toEqual(['upstream-unavailable', 'v30']);
});
