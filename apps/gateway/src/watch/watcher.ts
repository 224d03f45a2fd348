import { isAhead } from '@gateway/cache';
import type { Problem } from '@gateway/problems';
import type { TaskAccess } from '../tasks/access-proofs.js';
import { isDone } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';

/** Where a watcher stands until it leaves. */
export interface WatcherSet {
  delete(watcher: Watcher): void;
}

/**
 * One who waits for what becomes of a task. There may be 10,000 in a process: what waits is this object, and no promise,
 * timer or signal of its own.
 */
export abstract class Watcher {
  /** Version of the task that is known already; null for none. */
  known: string | null = null;
  /** Null before it joins, and after it has left. */
  set: WatcherSet | null = null;

  /** The task differs from what was known, or is done; one that is done is the last. Must not throw. */
  abstract onAnswer(answer: TaskAnswer): void;

  /** A lookup has failed. Where asking again cannot help, that was the last. Must not throw. */
  abstract onProblem(problem: Problem): void;

  /** Lookups work again after some that failed, whether the task has changed or not. Must not throw. */
  onRecovered(): void {}

  /** Hears no more. */
  leave(): void {
    this.set?.delete(this);
    this.set = null;
  }
}

/** Watchers who are one caller to the cloud and to the policy: one proof shows an answer to all of them. */
export class WatchGroup implements WatcherSet {
  readonly watchers = new Set<Watcher>();
  /** Lookups of this caller that have failed since the last one that worked. */
  failures = 0;
  /** What its watchers are about to be told; nothing is shown to them any more. */
  denial: Problem | null = null;
  /** It is being found out whether the caller may see what is new. */
  isProving = false;
  /** Epoch milliseconds when the newest was observed that is still to be found out about; -Infinity for nothing. */
  unproven = -Infinity;
  /** By `performance.now()`: end of the pause that the last problem named. */
  mayAskFrom = -Infinity;
  private newest: TaskAnswer | null = null;

  constructor(
    readonly access: TaskAccess,
    private readonly onEmpty: (group: WatchGroup) => void,
  ) {}

  get mayAsk(): boolean {
    return performance.now() >= this.mayAskFrom;
  }

  /** A lookup of this caller has failed. */
  onFailed({ options: { retryAfterSeconds } }: Problem): void {
    this.failures += 1;
    this.mayAskFrom = performance.now() + 1000 * (retryAfterSeconds ?? 0);
  }

  /** One has worked. */
  onWorked(): void {
    this.failures = 0;
    this.mayAskFrom = -Infinity;
  }

  add(watcher: Watcher): void {
    this.watchers.add(watcher);
    watcher.set = this;
  }

  delete(watcher: Watcher): void {
    if (this.watchers.delete(watcher) && this.watchers.size === 0) this.onEmpty(this);
  }

  /** Whether an answer is news to anybody; never one that is older than what they have seen, unless it is done. */
  isBehind(answer: TaskAnswer): boolean {
    if (answer.observedAt < (knownSince(this.newest) ?? -Infinity) && !isDone(answer)) return false;
    for (const watcher of this.watchers) if (isNews(answer, watcher)) return true;
    return false;
  }

  /** Those to whom it is news, one after another, until there is something newer; each knows it from then on. */
  *take(answer: TaskAnswer): Generator<Watcher, void> {
    this.newest = answer;
    for (const watcher of this.watchers) {
      if (this.newest !== answer) return;
      if (!isNews(answer, watcher)) continue;
      watcher.known = answer.version;
      yield watcher;
    }
  }
}

function isNews(answer: TaskAnswer, { known }: Watcher): boolean {
  return known !== answer.version || isDone(answer);
}

/**
 * Epoch milliseconds when what is known was observed: what is older is no news. Null for what was observed later than it is
 * now: the clock has been set back since, and by it all that comes would be older.
 */
export function knownSince(known: Pick<TaskAnswer, 'observedAt'> | null): number | null {
  return known === null || isAhead(known.observedAt, Date.now()) ? null : known.observedAt;
}
