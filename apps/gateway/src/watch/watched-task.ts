import { tracingChannel } from 'node:diagnostics_channel';
import type { TracingChannel } from 'node:diagnostics_channel';
import { isRetryable, Problem } from '@gateway/problems';
import type { LookupTarget } from '@gateway/upstream';
import type { TaskAccess } from '../tasks/access-proofs.js';
import { hitOf } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import type { PollPace } from './poll-pace.js';
import { WatchDelivery } from './watch-delivery.js';
import { WatchGroups } from './watch-groups.js';
import { WatchLookups } from './watch-lookups.js';
import type { WatchContext } from './watch-lookups.js';
import { knownSince } from './watcher.js';
import type { Watcher, WatchGroup } from './watcher.js';

/** An answer that anybody got within this share of the interval will do. */
const YOUNG = 0.9;

/** Milliseconds by which an interval grows at most, at random: replicas do not ask at once. */
const MAX_JITTER_MS = 1_000;

/** One question about a watched task, for all who watch it in this process. */
export interface TurnMessage {
  /** Id of a provider. */
  readonly provider: string;
  readonly region: string;
  readonly watchers: number;
  result?: TaskAnswer | Problem;
}

/** `tracing:task-gateway:watch.turn:*` of `node:diagnostics_channel`, with a {@link TurnMessage}. */
export const TURNS: TracingChannel<unknown, TurnMessage> = tracingChannel('task-gateway:watch.turn');

/**
 * One task that somebody watches: one timer and one question at a time in this process, whoever waits. In the fleet the first
 * whose timer fires asks; the others take its answer from the store, and set their timers by it. Each caller is shown what a
 * `GET` of that moment would show.
 */
export class WatchedTask {
  private readonly groups = new WatchGroups();
  private readonly lookups: WatchLookups;
  private readonly delivery: WatchDelivery;
  readonly target: Omit<LookupTarget, 'endsAt'>;
  private isOver = false;
  private newest: Pick<TaskAnswer, 'version' | 'observedAt'> | null = null;
  private intervalMs: number;
  private timer: NodeJS.Timeout | undefined;
  /** By `performance.now()`: when the timer ends, or has ended. */
  private dueAt = 0;
  /** The timer is that of a place in the pace. */
  private hasReserved = false;
  private isAsking = false;
  private isLooking = false;
  private isBehind = false;

  constructor(
    { provider, address }: LookupTarget,
    private readonly context: WatchContext,
    private readonly pace: PollPace,
  ) {
    this.target = { provider, address };
    this.lookups = new WatchLookups(context, this.groups, pace);
    this.delivery = new WatchDelivery(context, this.groups, this.lookups);
    this.intervalMs = provider.poll.minSeconds * 1000;
  }

  /** Epoch milliseconds when what all know was observed, while questions about it go well; else null. */
  get followedSince(): number | null {
    return this.groups.failures === 0 ? knownSince(this.newest) : null;
  }

  /** @param access of the watcher's own lookup @param first what that has just brought */
  add({ caller, partition, proof }: TaskAccess, first: TaskAnswer | Problem, watcher: Watcher): void {
    let group = this.groups.of(caller);
    if (group === undefined) {
      const access = { caller, partition, proof, target: this.target };
      group = this.groups.open(access, () => this.onLeft());
      // Those who have been answered go first: else whoever is not could keep their turns from them.
      if (first instanceof Problem) group.onFailed(first);
    }
    group.add(watcher);
    if (first instanceof Problem) {
      if (this.isAsking) return;
      const ms = this.waitMs(first);
      // Another's may have been told a longer pause.
      const isSooner = performance.now() + Math.max(ms, this.intervalMs) < this.dueAt;
      if (this.timer === undefined || isSooner) this.setTimer(ms);
      return;
    }
    if (first.source === 'live') group.onWorked();
    // Before it joined, the others may have heard of something newer; or it brings that itself.
    if (this.newest !== null && this.newest.version !== first.version) this.sync();
    this.follow(first);
  }

  /** Rights have changed: whoever would be refused by now hears it, and leaves. */
  deny(denialOf: (access: TaskAccess) => Problem | null): void {
    for (const group of this.groups.all()) {
      group.denial = denialOf(group.access);
      if (group.denial !== null) void this.delivery.notify([group], group.denial);
    }
  }

  /** Something has changed, it is said: looks into the store. However often that is said, there is one look at a time. */
  sync(): void {
    this.isBehind = true;
    if (!this.isLooking) void this.readStore();
  }

  private onLeft(): void {
    if (this.groups.size > 0) return;
    this.isOver = true;
    this.clearTimer();
    this.lookups.callOff();
    this.context.onEmpty(this.target.address);
  }

  private async readStore(): Promise<void> {
    this.isLooking = true;
    while (this.isBehind && !this.isOver) {
      this.isBehind = false;
      const stored = await this.context.stored(this.target.address);
      if (stored === null || this.isOver) continue;
      const answer = hitOf(stored, Date.now());
      this.follow(answer);
      await this.delivery.deliver(answer, null);
    }
    this.isLooking = false;
  }

  /**
   * Sets the timer by what is newest; a question under way sets it when it ends. Also after a task is done: whoever could not
   * be shown it yet is still there.
   */
  private follow({ version, observedAt, pollAfterSeconds }: TaskAnswer): void {
    const known = knownSince(this.newest) ?? -Infinity;
    const isNewest = observedAt >= known;
    if (isNewest) {
      this.newest = { version, observedAt };
      const { minSeconds, maxSeconds } = this.target.provider.poll;
      // Where no secret says who wrote it, anybody may have: longest timers would end at once.
      if (pollAfterSeconds !== null)
        this.intervalMs = 1000 * Math.min(maxSeconds, Math.max(minSeconds, pollAfterSeconds));
    }
    // Whoever joins brings what is known already: it must not put the next question off.
    if (this.isAsking || (observedAt <= known && this.timer !== undefined)) return;
    const ageMs = isNewest ? Math.max(0, Date.now() - observedAt) : 0;
    this.setTimer(this.intervalMs - Math.min(ageMs, YOUNG * this.intervalMs));
  }

  /** Milliseconds until it is asked again after a question that failed. */
  private waitMs({ options: { retryAfterSeconds } }: Problem): number {
    if (typeof retryAfterSeconds === 'number') return retryAfterSeconds * 1000;
    return Math.min(this.intervalMs * 2 ** this.groups.failures, this.target.provider.poll.maxSeconds * 1000);
  }

  private setTimer(ms: number): void {
    this.clearTimer();
    const jitterMs = Math.min(this.intervalMs / 10, MAX_JITTER_MS) * this.context.random();
    this.dueAt = performance.now() + ms + jitterMs;
    this.timer = setTimeout(() => this.onDue(), ms + jitterMs);
  }

  private clearTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.hasReserved) this.pace.giveBack();
    this.hasReserved = false;
  }

  private onDue(): void {
    // Whose turn it was may have left, and the others be in a pause.
    const remainingMs = this.groups.earliest() - performance.now();
    if (remainingMs > 0) return this.setTimer(remainingMs);
    const ms = this.pace.reserveMs();
    if (ms <= 0) return void this.ask();
    this.hasReserved = true;
    this.timer = setTimeout(() => this.onTurn(), ms);
  }

  private onTurn(): void {
    this.hasReserved = false;
    if (this.pace.isPaused) this.onDue();
    else void this.ask();
  }

  private async ask(): Promise<void> {
    this.timer = undefined;
    this.isAsking = true;
    const leader = this.groups.nextLeader(this.context.proofEndsAt);
    const turn = () => this.lookups.ask(leader, Date.now() - YOUNG * this.intervalMs, true);
    const asked = await (TURNS.hasSubscribers ? TURNS.tracePromise(turn, this.turnMessage()) : turn());
    this.isAsking = false;
    if (this.isOver) return;
    if (asked instanceof Problem) return this.onFailed(leader, asked);
    this.groups.failures = 0;
    this.follow(asked);
    void this.delivery.deliver(asked, leader);
  }

  private turnMessage(): TurnMessage {
    const { provider, address } = this.target;
    let watchers = 0;
    for (const group of this.groups.all()) watchers += group.watchers.size;
    return { provider: provider.id, region: address.region, watchers };
  }

  private onFailed(leader: WatchGroup, problem: Problem): void {
    // A caller's own quota, and how long it lasts, is nobody else's.
    const isOwn = problem.slug === 'rate-limited';
    const isTurnOfOthers = !isRetryable(problem) || (isOwn && this.groups.isAnyBetterThan(leader));
    if (!isTurnOfOthers) this.groups.failures += 1;
    void this.delivery.notify(this.groups.sharersOf(leader), problem);
    if (this.isOver) return;
    const ms = isTurnOfOthers ? 0 : this.waitMs(problem);
    this.setTimer(isOwn ? Math.min(ms, Math.max(this.intervalMs, this.groups.earliest() - performance.now())) : ms);
  }
}
