import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { isRetryable } from '@gateway/problems';
import type { Problem } from '@gateway/problems';
import type { LookupTarget } from '@gateway/upstream';
import { etagOf, isDone, matchesEtag } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import type { TaskRequest } from '../tasks/task-request.js';
import { Watcher } from './watcher.js';

/** What ends a wait: an answer, a problem that asking again does not mend, or that the time is over. */
export type WaitEnd = TaskAnswer | Problem | 'over';

/** One request that waits for its answer. */
export class Wait extends Watcher {
  /** The last lookup that failed, and epoch milliseconds of it. */
  failure: { readonly problem: Problem; readonly at: number } | null = null;

  /** @param endsAt epoch milliseconds @param onEnd called once */
  constructor(
    readonly request: FastifyRequest,
    readonly reply: FastifyReply,
    readonly pass: HookHandlerDoneFunction,
    readonly asked: Pick<TaskRequest, 'caller' | 'view'>,
    readonly target: LookupTarget,
    readonly endsAt: number,
    private readonly onEnd: (wait: Wait, end: WaitEnd) => void,
  ) {
    super();
  }

  onAnswer(answer: TaskAnswer): void {
    if (isAwaited(this.request, answer, this.asked)) this.end(answer);
  }

  onProblem(problem: Problem): void {
    if (isRetryable(problem)) this.failure = { problem, at: Date.now() };
    else this.end(problem);
  }

  /** Ends it, unless it has ended. */
  end(end: WaitEnd): void {
    if (this.set === null) return;
    this.leave();
    this.onEnd(this, end);
  }
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
