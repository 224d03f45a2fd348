import { Problem, problemOf } from '@gateway/problems';
import type { TaskCache } from '@gateway/cache';
import type { TaskAddress } from '@gateway/tasks';
import type { TaskAccess } from '../tasks/access-proofs.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import type { TasksService } from '../tasks/tasks.service.js';
import type { PollPace } from './poll-pace.js';
import type { WatchGroups } from './watch-groups.js';
import type { WatchGroup } from './watcher.js';

/** What watched tasks have in common. */
export interface WatchContext {
  readonly tasks: Pick<TasksService, 'getCached' | 'lastSeen' | 'ask'>;
  /** What is stored, whoever may see it. */
  readonly stored: TaskCache['tasks']['getCached'];
  /** Epoch milliseconds until which a caller's proof is known to live. */
  readonly proofEndsAt: (access: TaskAccess) => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** Nobody watches any more. */
  readonly onEmpty: (address: TaskAddress) => void;
}

/** Questions about one watched task: each on behalf of one caller, and called off together. */
export class WatchLookups {
  /** Null while there are none. */
  private underWay: { readonly calledOff: AbortController; count: number } | null = null;

  constructor(
    private readonly context: Pick<WatchContext, 'tasks'>,
    private readonly groups: WatchGroups,
    private readonly pace: PollPace,
  ) {}

  callOff(): void {
    this.underWay?.calledOff.abort();
  }

  /** Asks as a `GET` would; what was observed since then will do. @param hasTurn that is given back where it was not needed */
  async ask(group: WatchGroup, since: number, hasTurn: boolean): Promise<TaskAnswer | Problem> {
    const { target, caller } = group.access;
    const underWay = (this.underWay ??= { calledOff: new AbortController(), count: 0 });
    const { signal } = underWay.calledOff;
    const ask = () => this.context.tasks.ask(target, caller, since, signal);
    underWay.count += 1;
    try {
      const answer = await this.pace.run(ask, signal);
      if (hasTurn && answer.source !== 'live') this.pace.giveBack();
      if (group.failures + this.groups.failures > 0)
        for (const { watchers } of this.groups.sharersOf(group)) for (const watcher of watchers) watcher.onRecovered();
      group.onWorked();
      return answer;
    } catch (error) {
      const problem = problemOf(error);
      group.onFailed(problem);
      return problem;
    } finally {
      underWay.count -= 1;
      if (underWay.count === 0) this.underWay = null;
    }
  }
}
