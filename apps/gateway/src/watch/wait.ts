import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isRetryable } from '@gateway/problems';
import type { Problem } from '@gateway/problems';
import type { LookupTarget } from '@gateway/upstream';
import { etagOf, isDone, matchesEtag } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import type { TaskRequest } from '../tasks/task-request.js';
import { Watcher } from './watcher.js';

/** What ends a wait: an answer, a problem that asking again does not mend, or that the time is over. */
export type WaitEnd = TaskAnswer | Problem | 'over';

/** What is done for all waits. */
export interface WaitOwner {
  /** Called once at most. */
  onEnd(wait: Wait, end: WaitEnd): void;
  /** The reply is out, or its caller has gone: once for each wait. */
  onClosed(wait: Wait): void;
}

const WAIT = Symbol('wait of a response');
type WaitingResponse = ServerResponse & { [WAIT]?: Wait };

/** One request that waits for its answer. Thousands do: it holds no closure of its own. */
export class Wait extends Watcher {
  /** The last lookup that failed, and when by `performance.now()`. */
  failure: { readonly problem: Problem; readonly at: number } | null = null;

  /** @param endsAt by `performance.now()` */
  constructor(
    readonly request: FastifyRequest,
    readonly reply: FastifyReply,
    readonly asked: Pick<TaskRequest, 'caller' | 'view'>,
    readonly target: LookupTarget,
    readonly endsAt: number,
    readonly owner: WaitOwner,
  ) {
    super();
    const raw: WaitingResponse = reply.raw;
    raw[WAIT] = this;
    raw.on('close', onClose);
  }

  /** Epoch milliseconds. */
  get tokenEndsAt(): number {
    return this.asked.caller.endsAt ?? Infinity;
  }

  onAnswer(answer: TaskAnswer): void {
    if (isAwaited(this.request, answer, this.asked)) this.end(answer);
  }

  onProblem(problem: Problem): void {
    if (isRetryable(problem)) this.failure = { problem, at: performance.now() };
    else this.end(problem);
  }

  /** Whether a lookup has failed after something was observed. */
  hasFailedSince({ observedAt }: TaskAnswer): boolean {
    return this.failure !== null && performance.now() - this.failure.at < Date.now() - observedAt;
  }

  override onRecovered(): void {
    this.failure = null;
  }

  /** Ends it, unless it has ended. */
  end(end: WaitEnd): void {
    if (this.set === null) return;
    this.leave();
    this.owner.onEnd(this, end);
  }
}

function onClose(this: WaitingResponse): void {
  const wait = this[WAIT];
  wait?.owner.onClosed(wait);
}

/** Whether a request waits for no more than this: a task that is done, or one that differs from what its caller knows. */
export function isAwaited(
  { headers }: FastifyRequest,
  answer: TaskAnswer,
  { view }: Pick<TaskRequest, 'view'>,
): boolean {
  const known = headers['if-none-match'];
  return isDone(answer) || (known !== undefined && !matchesEtag(known, etagOf(answer.version, view)));
}
