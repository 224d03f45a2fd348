import { expect, jest } from '@jest/globals';
import type { StoredTask } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import type { Bearer } from '../../access/bearer-tokens.js';
import type { TaskAccess } from '../../tasks/access-proofs.js';
import { hitOf } from '../../tasks/task-reply.js';
import type { TaskAnswer } from '../../tasks/task-reply.js';
import { PollPace } from '../poll-pace.js';
import type { WatchContext } from '../watch-lookups.js';
import { WatchedTask } from '../watched-task.js';
import { address, POLL, provider } from './fake-watch.js';
import { Listener } from './world-listener.js';
import { problems, denial } from './world-moods.js';
import type { Mood } from './world-moods.js';

const PROOF_MS = 60_000;

/** Two with tokens of their own, two whom the gateway's policy lets ask with its credential. */
export const PRINCIPALS = ['own-a', 'own-b', 'key-a', 'key-b'] as const;
export type Principal = (typeof PRINCIPALS)[number];
/** A service asks for its users: with one bearer token, and a cloud token of each. */
const bearer = {} as Bearer;
const isOwn = (principal: string): boolean => principal.startsWith('own-');

interface PendingLookup {
  readonly principal: Principal;
  readonly signal: AbortSignal;
  readonly answer: () => void;
}

/** A cloud, a store, and all who watch one task. */
export class World {
  private task: WatchedTask | null = null;
  private isWatched = false;
  /** Version that is done. */
  last: string | null = null;
  readonly faults: string[] = [];
  readonly moods = new Map<Principal, Mood>();
  private revision = 0;
  private stored: StoredTask | null = null;
  private readonly proofs = new Map<Principal, number>();
  /** Epoch milliseconds until which a caller with a token of its own is to be left alone. */
  private readonly pauses = new Map<Principal, number>();
  private lookups: PendingLookup[] = [];
  private reads = 0;
  private watchers: Listener[] = [];
  private readonly pace = new PollPace({ perSecond: 20, places: 9 });

  private readonly context: WatchContext = {
    tasks: {
      getCached: (_target, { principal }, { observedSince }) =>
        this.isYoung(observedSince) && this.mayBeShown(principal as Principal) ? this.hit() : null,
      lastSeen: async (_target, { principal }) => {
        this.reads += 1;
        await this.rest();
        this.reads -= 1;
        return this.stored !== null && this.mayBeShown(principal as Principal) ? this.hit() : null;
      },
      ask: async (_target, { principal }, since, signal) => {
        signal.throwIfAborted();
        if (this.isYoung(since) && this.mayBeShown(principal as Principal)) return this.hit();
        return this.lookup(principal as Principal, signal);
      },
    },
    stored: async () => this.stored,
    proofEndsAt: ({ caller }) => (isOwn(caller.principal) ? this.proofEnd(caller.principal as Principal) : Infinity),
    random: () => 0,
    onEmpty: () => (this.isWatched = false),
  };

  mayBeShown(principal: Principal): boolean {
    return !isOwn(principal) || this.proofEnd(principal) > Date.now();
  }

  get waiting(): readonly Listener[] {
    return (this.watchers = this.watchers.filter(({ set }) => set !== null));
  }

  get pending(): readonly PendingLookup[] {
    return (this.lookups = this.lookups.filter(({ signal }) => !signal.aborted));
  }

  /** Somebody comes whose own lookup brings that, or what the store holds. */
  join(principal: Principal, mood: Mood, isStored: boolean): void {
    if (mood === 'missing' || (mood === 'well' && this.last !== null)) return;
    const stored = isStored && this.mayBeShown(principal) && this.stored !== null ? this.hit() : null;
    const first = mood === 'well' ? (stored ?? this.live(principal)) : problems[mood];
    const isNew = !this.waiting.some((other) => other.principal === principal);
    if (isNew || (!(first instanceof Problem) && first.source === 'live'))
      this.pause(principal, first instanceof Problem ? first : null);
    const watcher = new Listener(this, principal, first instanceof Problem ? null : first.version);
    if (!this.isWatched) this.task = new WatchedTask({ provider, address }, this.context, this.pace);
    this.isWatched = true;
    this.watchers.push(watcher);
    this.task?.add(this.accessOf(principal), first, watcher);
  }

  leave(index: number): void {
    this.waiting[index % Math.max(1, this.waiting.length)]?.leave();
  }

  deny(principal: Principal): void {
    this.task?.deny(({ caller }) => (caller.principal === principal ? denial : null));
  }

  change(isDone: boolean): void {
    if (this.last !== null) return;
    this.revision += 1;
    if (isDone) this.last = String(this.revision);
  }

  /** Another process has asked. */
  news(): void {
    this.stored = this.current();
    this.task?.sync();
  }

  lose(): void {
    this.stored = null;
  }

  endProof(principal: Principal): void {
    this.proofs.delete(principal);
  }

  answer(index: number): void {
    const lookup = this.pending[index % Math.max(1, this.pending.length)];
    if (lookup === undefined) return;
    this.lookups.splice(this.lookups.indexOf(lookup), 1);
    lookup.answer();
  }

  async pass(ms: number): Promise<void> {
    await jest.advanceTimersByTimeAsync(ms);
  }

  async rest(): Promise<void> {
    for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate);
  }

  async settle(): Promise<void> {
    do await this.rest();
    while (this.reads > 0);
    await this.rest();
  }

  /** Whoever watches is asked for, now or later; where nobody does, nothing is left. */
  check(): void {
    expect(this.faults).toEqual([]);
    const [lookups, hasTimer] = [this.pending.length, this.task?.['timer'] !== undefined];
    if (this.waiting.length > 0) expect(hasTimer || lookups > 0).toBe(true);
    else expect([this.isWatched, hasTimer, lookups]).toEqual([false, false, 0]);
  }

  private accessOf(principal: Principal): TaskAccess {
    const grant = { kind: 'everything' } as const;
    const caller = { token: null, principal, account: principal, grant, endsAt: null, bearer };
    const how = isOwn(principal)
      ? ({ partition: principal, proof: 'upstream' } as const)
      : ({ partition: 'gateway', proof: 'policy' } as const);
    return { caller, target: { provider, address }, ...how };
  }

  private pause(principal: Principal, problem: Problem | null): void {
    this.pauses.set(principal, Date.now() + 1000 * (problem?.options.retryAfterSeconds ?? 0));
  }

  private lookup(principal: Principal, signal: AbortSignal): Promise<TaskAnswer> {
    const isKnown = isOwn(principal) && this.waiting.some((watcher) => watcher.principal === principal);
    if (isKnown && (this.pauses.get(principal) ?? 0) > Date.now())
      this.faults.push(`${principal} is asked in its pause`);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      const answer = (): void => {
        const mood = this.moods.get(principal) ?? 'well';
        this.pause(principal, mood === 'well' ? null : problems[mood]);
        if (mood !== 'well') return reject(problems[mood]);
        resolve(this.live(principal));
      };
      this.lookups.push({ principal, signal, answer });
    });
  }

  private live(principal: Principal): TaskAnswer {
    if (isOwn(principal)) this.proofs.set(principal, Date.now() + PROOF_MS);
    this.stored = this.current();
    return { ...this.hit(), source: 'live' };
  }

  private current(): StoredTask {
    const version = String(this.revision);
    const final = version === this.last;
    return {
      task: address.key,
      final,
      version,
      observedAt: Date.now(),
      pollAfterSeconds: final ? null : POLL.minSeconds,
      body: '{}',
      artifact: null,
      freshUntil: Date.now() + 1_500,
      keptUntil: Date.now() + 60_000,
      epoch: '',
    };
  }

  private hit(): TaskAnswer {
    return hitOf(this.stored as StoredTask, Date.now());
  }

  private isYoung(since: number | null): boolean {
    return this.stored !== null && (this.stored.final || this.stored.observedAt >= (since ?? Infinity));
  }

  private proofEnd(principal: Principal): number {
    return this.proofs.get(principal) ?? -Infinity;
  }
}
