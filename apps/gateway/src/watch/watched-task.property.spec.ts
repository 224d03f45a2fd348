import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { StoredTask } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import { findProvider } from '@gateway/providers';
import type { Provider } from '@gateway/tasks';
import { TaskAddress } from '@gateway/tasks';
import fc from 'fast-check';
import type { Bearer } from '../access/bearer-tokens.js';
import type { TaskAccess } from '../tasks/access-proofs.js';
import { hitOf } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import { PollPace } from './poll-pace.js';
import type { WatchContext } from './watch-questions.js';
import { WatchedTask } from './watched-task.js';
import { Watcher } from './watcher.js';

const POLL = { minSeconds: 5, maxSeconds: 30 };
const PROOF_MS = 60_000;
/** The longest pause that is named below. */
const PAUSE_SECONDS = 300;
const provider = { ...(findProvider('ims') as Provider), poll: POLL };
const address = new TaskAddress({ provider: 'ims', region: 'r', projectId: 'p', instanceId: null, id: 'task-1' });
const problemWith = (slug: Problem['slug'], retryAfterSeconds: number | null): Problem =>
  new Problem(slug, { detail: 'It is so.', retryAfterSeconds });
const problems = {
  away: problemWith('upstream-unavailable', null),
  awayForLong: problemWith('upstream-unavailable', 60),
  limited: problemWith('rate-limited', null),
  limitedForShort: problemWith('rate-limited', 20),
  limitedForLong: problemWith('rate-limited', PAUSE_SECONDS),
  missing: problemWith('task-not-found', null),
};
const refusal = problemWith('permission-denied', null);
type Mood = 'well' | keyof typeof problems;

/** Two with tokens of their own, two whom the gateway's policy lets ask with its credential. */
const PRINCIPALS = ['own-a', 'own-b', 'key-a', 'key-b'] as const;
type Principal = (typeof PRINCIPALS)[number];
/** A service asks for its users: with one bearer token, and a cloud token of each. */
const bearer = {} as Bearer;
const isOwn = (principal: string): boolean => principal.startsWith('own-');

interface Question {
  readonly principal: Principal;
  readonly signal: AbortSignal;
  readonly answer: () => void;
}

/** Notes what it should not have heard: thrown here, it would be nobody's who could catch it. */
class Listener extends Watcher {
  private isLast = false;
  private newest: number;

  constructor(
    private readonly world: World,
    readonly principal: Principal,
    override known: string | null,
  ) {
    super();
    this.newest = Number(known ?? -1);
  }

  onAnswer({ version }: TaskAnswer): void {
    this.hear(version);
    if (Number(version) <= this.newest) this.world.faults.push(`${version} after ${this.newest}`);
    if (!this.world.mayBeShown(this.principal)) this.world.faults.push(`${version} without a proof`);
    this.newest = Number(version);
    this.isLast = version === this.world.last;
  }

  onProblem(problem: Problem): void {
    this.hear(problem.slug);
    this.isLast = problem === problems.missing || problem === refusal;
  }

  override onRecovered(): void {
    this.hear('recovered');
  }

  private hear(what: string): void {
    if (this.isLast || this.set === null) this.world.faults.push(`${what} after the last`);
  }
}

/** A cloud, a store, and all who watch one task. */
class World {
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
  private questions: Question[] = [];
  private looks = 0;
  private watchers: Listener[] = [];
  private readonly pace = new PollPace({ perSecond: 20, places: 9 });

  private readonly context: WatchContext = {
    tasks: {
      getCached: (_target, { principal }, { observedSince }) =>
        this.isYoung(observedSince) && this.mayBeShown(principal as Principal) ? this.hit() : null,
      lastSeen: async (_target, { principal }) => {
        this.looks += 1;
        await this.rest();
        this.looks -= 1;
        return this.stored !== null && this.mayBeShown(principal as Principal) ? this.hit() : null;
      },
      ask: async (_target, { principal }, since, signal) => {
        signal.throwIfAborted();
        if (this.isYoung(since) && this.mayBeShown(principal as Principal)) return this.hit();
        return this.question(principal as Principal, signal);
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

  get pending(): readonly Question[] {
    return (this.questions = this.questions.filter(({ signal }) => !signal.aborted));
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

  refuse(principal: Principal): void {
    this.task?.refuse(({ caller }) => (caller.principal === principal ? refusal : null));
  }

  change(isDone: boolean): void {
    if (this.last !== null) return;
    this.revision += 1;
    if (isDone) this.last = String(this.revision);
  }

  /** Another process has asked. */
  news(): void {
    this.stored = this.current();
    this.task?.look();
  }

  lose(): void {
    this.stored = null;
  }

  endProof(principal: Principal): void {
    this.proofs.delete(principal);
  }

  answer(index: number): void {
    const question = this.pending[index % Math.max(1, this.pending.length)];
    if (question === undefined) return;
    this.questions.splice(this.questions.indexOf(question), 1);
    question.answer();
  }

  async pass(ms: number): Promise<void> {
    await jest.advanceTimersByTimeAsync(ms);
  }

  async rest(): Promise<void> {
    for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate);
  }

  async settle(): Promise<void> {
    do await this.rest();
    while (this.looks > 0);
    await this.rest();
  }

  /** Whoever watches is asked for, now or later; where nobody does, nothing is left. */
  check(): void {
    expect(this.faults).toEqual([]);
    const [questions, hasTimer] = [this.pending.length, this.task?.['timer'] !== undefined];
    if (this.waiting.length > 0) expect(hasTimer || questions > 0).toBe(true);
    else expect([this.isWatched, hasTimer, questions]).toEqual([false, false, 0]);
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

  private question(principal: Principal, signal: AbortSignal): Promise<TaskAnswer> {
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
      this.questions.push({ principal, signal, answer });
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

const principal = fc.constantFrom(...PRINCIPALS);
const mood = fc.constantFrom<Mood>('well', 'well', 'well', ...(Object.keys(problems) as Mood[]));
const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('join'), principal, mood, fc.boolean()) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('leave'), fc.nat(9)) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('answer'), fc.nat(3)) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('pass'), fc.constantFrom(10, 600, 4_000, 5_000, 21_000, 61_000)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('mood'), principal, mood) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('change'), fc.constantFrom(false, false, false, true)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('news')) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('lose')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('endProof'), principal) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('refuse'), principal) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(world: World, [name, ...args]: Step): void | Promise<void> {
  if (name === 'mood') return void world.moods.set(args[0] as Principal, args[1] as Mood);
  return (world[name as keyof World] as (...given: unknown[]) => void | Promise<void>)(...args);
}

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

it('whatever happens: who watches is asked for, hears each version once and nothing after the end; nobody watches: nothing is left', async () => {
  const happens = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
    jest.clearAllTimers();
    const world = new World();
    for (const next of steps) {
      await take(world, next);
      await world.settle();
      world.check();
      // No two answers are of one moment.
      await world.pass(1);
    }
    // All is well again, and the task is done: everybody hears of it.
    world.moods.clear();
    world.change(true);
    for (let seconds = 0; seconds < PAUSE_SECONDS + 2 * POLL.maxSeconds; seconds += POLL.minSeconds) {
      await world.settle();
      while (world.pending.length > 0) {
        world.answer(0);
        await world.settle();
      }
      await world.pass(POLL.minSeconds * 1_000);
    }
    await world.settle();
    expect(world.waiting).toHaveLength(0);
    world.check();
  });
  await fc.assert(happens, { numRuns: 500 });
});
