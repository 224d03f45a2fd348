import { isRetryable, Problem } from '@gateway/problems';
import { isDone } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import { NO_DIRECTIVES } from '../tasks/task-request.js';
import { Pieces } from './pieces.js';
import type { WatchGroups } from './watch-groups.js';
import type { WatchContext, WatchLookups } from './watch-lookups.js';
import type { WatchGroup } from './watcher.js';

/** Brings answers and problems to those who watch one task, each caller through its own proof. */
export class WatchDelivery {
  constructor(
    private readonly context: Pick<WatchContext, 'tasks' | 'proofEndsAt'>,
    private readonly groups: WatchGroups,
    private readonly lookups: WatchLookups,
  ) {}

  async notify(groups: readonly WatchGroup[], problem: Problem): Promise<void> {
    const pieces = new Pieces();
    for (const group of groups)
      for (const watcher of group.watchers) {
        watcher.onProblem(problem);
        if (!isRetryable(problem)) watcher.leave();
        if (pieces.count()) await pieces.rest();
      }
  }

  /**
   * Shows an answer to those who do not know it, each through its own proof.
   * @param leader who may see it anyway @param groups all, unless said otherwise
   */
  async deliver(
    answer: TaskAnswer,
    leader: WatchGroup | null,
    groups: Iterable<WatchGroup> = this.groups.all(),
  ): Promise<void> {
    const pieces = new Pieces();
    for (const group of groups) {
      if (group.denial !== null || !group.isBehind(answer)) continue;
      const shown = this.shownTo(group, answer, leader);
      if (shown === null) {
        void this.prove(group, answer.observedAt);
        if (pieces.count()) await pieces.rest();
        continue;
      }
      for (const watcher of group.take(shown)) {
        watcher.onAnswer(shown);
        if (isDone(shown)) watcher.leave();
        if (!pieces.count()) continue;
        await pieces.rest();
        if (group.denial !== null) break;
        if (this.context.proofEndsAt(group.access) > Date.now()) continue;
        // The proof has ended meanwhile.
        void this.prove(group, answer.observedAt);
        break;
      }
    }
  }

  /**
   * What a `GET` of this moment would show; null where this process does not know that. What the gateway's own credential has
   * brought is for all whom its policy lets ask, also where it is not stored: too large, or without a store.
   */
  private shownTo(group: WatchGroup, answer: TaskAnswer, leader: WatchGroup | null): TaskAnswer | null {
    const { target, caller } = group.access;
    const directives = { ...NO_DIRECTIVES, observedSince: answer.observedAt };
    const cached = this.context.tasks.getCached(target, caller, directives);
    if (cached !== null && !(cached instanceof Promise)) return cached;
    return group === leader || (leader?.access.proof === 'policy' && group.access.proof === 'policy') ? answer : null;
  }

  /** Nobody in this process knows that the caller may see it. Once at a time, and for this caller alone: they may be thousands. */
  private async prove(group: WatchGroup, since: number): Promise<void> {
    group.unproven = Math.max(group.unproven, since);
    if (group.isProving) return;
    group.isProving = true;
    // What is new meanwhile is looked for afterwards.
    while (group.unproven > -Infinity) await this.proveOnce(group);
    group.isProving = false;
  }

  private async proveOnce(group: WatchGroup): Promise<void> {
    const since = group.unproven;
    group.unproven = -Infinity;
    const { target, caller } = group.access;
    const seen = await this.context.tasks.lastSeen(target, caller);
    const isSeen = seen !== null && seen.observedAt >= since;
    const asks = !isSeen && group.watchers.size > 0 && group.mayAsk;
    const shown = asks ? await this.lookups.ask(group, since, false) : seen;
    if (shown === null || this.groups.size === 0 || !(isSeen || asks)) return;
    // A problem is of that moment: it would only be asked for once more.
    if (shown instanceof Problem || shown.observedAt >= group.unproven) group.unproven = -Infinity;
    if (shown instanceof Problem) await this.notify([group], shown);
    else await this.deliver(shown, group, [group]);
  }
}
