import { beforeEach, describe, expect, it } from '@jest/globals';
import { Problem } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';
import type { TaskAnswer } from '../tasks/task-reply.js';
import { TaskEvents } from './task-events.js';
import type { EventsStream } from './task-events.js';

const problem = (slug: ProblemSlug, status?: number) =>
  new Problem(slug, { detail: 'No.', ...(status === undefined ? {} : { status }) });

function answer(version: string, done = false): TaskAnswer {
  return {
    body: '{"view":"full"}',
    version,
    observedAt: 0,
    pollAfterSeconds: done ? null : 5,
    artifact: null,
    source: 'live',
    cache: { kind: 'stale' },
    entry: null,
  };
}

/** Whether the reader takes what it is offered. */
let takes: boolean;
let sent: string[];
let over: (string | null)[];
let events: TaskEvents;

function take(): void {
  for (const text of events
    .takeFrames()
    .map(String)
    .join('')
    .matchAll(/event: (\w+)\n.*?(?:W\/\\"([\w-]+)|"code":"(\w+)")/g))
    sent.push(`${text[1]} ${text[2] ?? text[3]}`);
}

beforeEach(() => {
  [takes, sent, over] = [true, [], []];
  const stream: EventsStream = {
    view: 'full',
    isAlone: false,
    problemContext: () => ({ baseUrl: '', requestId: 'r', instance: '' }),
    offer: () => void (takes && take()),
    onOver: (_events, why) => void over.push(why?.slug ?? null),
  };
  events = new TaskEvents(stream, { provider: 'ims', id: 'task-1' }, 'known');
});

describe('one task in a stream', () => {
  it('answers: each that differs from what the reader has; over when done', () => {
    for (const version of ['known', 'v1', 'v1', 'v2']) events.onAnswer(answer(version));
    events.onAnswer(answer('v2', true));
    expect([sent, over]).toEqual([['task v1', 'task v2'], [null]]);
  });

  it('failures: each kind once, and anew after lookups that worked', () => {
    for (const slug of ['upstream-error', 'upstream-error', 'upstream-timeout'] as const)
      events.onProblem(problem(slug));
    events.onRecovered();
    events.onProblem(problem('upstream-timeout'));
    expect([sent, over]).toEqual([
      ['problem UPSTREAM_ERROR', 'problem UPSTREAM_TIMEOUT', 'problem UPSTREAM_TIMEOUT'],
      [],
    ]);
  });

  it('reader behind: the newest answer, then the failure since; an answer takes the place of both', () => {
    takes = false;
    events.onAnswer(answer('v1'));
    events.onAnswer(answer('v2'));
    events.onProblem(problem('upstream-error'));
    take();
    events.onProblem(problem('upstream-timeout'));
    events.onAnswer(answer('v3'));
    take();
    expect(sent).toEqual(['task v2', 'problem UPSTREAM_ERROR', 'task v3']);
  });

  it.each([
    ['upstream-credentials-rejected', 401, []],
    ['permission-denied', 403, []],
    ['task-not-found', 404, ['task v1']],
  ] as const)('reader behind, then %s: what waited comes only where it may still be read', (slug, status, kept) => {
    takes = false;
    events.onAnswer(answer('v1'));
    events.onProblem(problem(slug, status));
    take();
    expect([sent.slice(0, -1), over]).toEqual([kept, [slug]]);
  });
});
