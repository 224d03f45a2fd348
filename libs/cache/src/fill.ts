import { tracingChannel } from 'node:diagnostics_channel';
import type { TracingChannel } from 'node:diagnostics_channel';
import { SingleFlight } from '@gateway/async';
import type { TaskAddress } from '@gateway/tasks';
import type { NegativeEntry } from './settings.js';
import type { FillLocks } from './fill-locks.js';
import { taskNames } from './keys.js';
import type { NegativeEntries } from './negative-entries.js';
import { isUsable } from './task-entry.js';
import type { StoredTask, TaskSnapshot } from './task-entry.js';
import type { TaskStore } from './task-store.js';
import type { RedisWrite } from './tiered-store.js';

/** Who asks for an answer that is not stored, and how. */
export interface FillOptions {
  /**
   * Whose credential asks the upstream: those who ask with the same one share a fetch that is under way, failures and
   * negative entries, with each other and with nobody else.
   */
  readonly partition: string;
  /** Whether the whole partition may read what is stored about the task. Must not reject: one's failure would be everybody's. */
  readonly mayRead: () => boolean | Promise<boolean>;
  /**
   * Among whom only one asks at a time, in all replicas: the partition, unless said otherwise. Whoever waits for somebody of
   * another partition takes nothing of it but what is stored, and only where {@link mayRead} says so.
   */
  readonly lock?: string;
  /** Epoch milliseconds: a stored result that was observed since then will do, fresh or not; null: only a fresh one. */
  readonly observedSince: number | null;
  /** Asks the upstream whatever is stored, or being asked by others. */
  readonly bypass: boolean;
  /** Whether the answer, or that there is none, may be stored. */
  readonly keep: boolean;
  /** Milliseconds to wait for another replica that is asking; after that this one asks, too. */
  readonly waitMs: number;
  /** What is to be remembered of a fetch that failed; null for a failure that says nothing of the next one. */
  readonly negativeOf: (error: unknown) => NegativeAnswer | null;
  /** Of this caller; others who wait for the same fetch are left undisturbed. */
  readonly signal: AbortSignal;
}

export interface NegativeAnswer {
  readonly entry: NegativeEntry;
  /** Milliseconds, five minutes at most. */
  readonly ttlMs: number;
  /** Milliseconds for which a new task may be invisible: a task that was never seen is not called missing before. */
  readonly visibleAfterMs: number;
}

/** An answer of the upstream. */
export interface FetchedTask {
  readonly snapshot: TaskSnapshot;
  /** Milliseconds for which it is served without asking. */
  readonly freshMs: number;
  /** Milliseconds for which it may be served when the upstream is down. */
  readonly keptMs: number;
  /** Whether a final answer that is stored is shown instead: the upstream may be behind, but done stays done. */
  readonly yieldsToFinal: boolean;
}

export type Filled<Fetched> =
  | { readonly kind: 'fetched'; readonly fetched: Fetched; readonly isStored: boolean }
  /** The upstream was asked, and says that a task goes on which is stored as done. */
  | { readonly kind: 'done-before'; readonly stored: StoredTask }
  /** Another replica has stored it in the meantime; `waited` where it was asking when this one came. */
  | { readonly kind: 'stored'; readonly stored: StoredTask; readonly waited: boolean }
  /** Another replica of this partition got a 403 or 404 in the meantime. */
  | { readonly kind: 'negative'; readonly entry: NegativeEntry };

export type Fetch<Fetched> = (signal: AbortSignal) => Promise<Fetched>;

/** One caller's wait for an answer that is not stored: its own fetch, or that of another. */
export interface FillMessage {
  /** Id of a provider. */
  readonly provider: string;
  readonly region: string;
  result?: Pick<Filled<unknown>, 'kind'> & { readonly shared: boolean };
  error?: unknown;
}

/** `tracing:task-gateway:cache.fill:*` of `node:diagnostics_channel`, with a {@link FillMessage}. */
export const FILLS: TracingChannel<unknown, FillMessage> = tracingChannel('task-gateway:cache.fill');

/** Fetches what is not stored, once for all who ask at one time: within the process, and among all replicas. */
export class Fills {
  private readonly flights = new SingleFlight<Filled<FetchedTask>>();

  constructor(
    private readonly tasks: TaskStore,
    private readonly negatives: NegativeEntries,
    private readonly locks: FillLocks,
    private readonly now: () => number,
  ) {}

  /** See {@link TaskCache.fill}. */
  fill<Fetched extends FetchedTask>(
    address: TaskAddress,
    options: FillOptions,
    fetch: Fetch<Fetched>,
  ): Promise<Filled<Fetched> & { readonly shared: boolean }> {
    const { provider, region } = address;
    const work = () => this.fillOnce(address, options, fetch);
    return FILLS.hasSubscribers ? FILLS.tracePromise(work, { provider, region }) : work();
  }

  private async fillOnce<Fetched extends FetchedTask>(
    address: TaskAddress,
    options: FillOptions,
    fetch: Fetch<Fetched>,
  ): Promise<Filled<Fetched> & { readonly shared: boolean }> {
    const { partition, lock = partition, observedSince, bypass, keep, signal } = options;
    // With the epoch: what was asked before a purge is of no use to whoever asks after it.
    const epoch = this.negatives.epochOf(address, partition);
    const name = `${partition} ${lock} ${epoch} ${bypass ? 'bypasses' : ''}${keep ? '' : ' keeps nothing'} ${address.key}`;
    const run = (ended: AbortSignal) => this.run(address, options, fetch, ended);
    let { value, shared } = await this.flights.run(name, run, signal);
    // Who had asked before was content with less.
    if (shared && value.kind === 'stored' && !isUsable(value.stored, this.now(), observedSince))
      ({ value, shared } = await this.flights.run(`${observedSince} ${name}`, run, signal));
    return { ...(value as Filled<Fetched>), shared };
  }

  private async run<Fetched extends FetchedTask>(
    address: TaskAddress,
    { partition, lock, mayRead, observedSince, bypass, keep, waitMs, negativeOf }: FillOptions,
    fetch: Fetch<Fetched>,
    signal: AbortSignal,
  ): Promise<Filled<Fetched>> {
    const epochs = () => ({
      result: this.tasks.epochOf(address),
      negative: this.negatives.epochOf(address, partition),
    });
    const request = { names: taskNames(address, partition, lock), epochs, mayRead, observedSince };
    const acquired = bypass
      ? ({ kind: 'acquired', lock: null } as const)
      : await this.locks.acquire(request, waitMs, signal);
    if (acquired.kind === 'result') {
      const stored = this.tasks.accept(address, acquired.text);
      if (stored !== null) return { kind: 'stored', stored, waited: acquired.waited };
    }
    if (acquired.kind === 'negative') {
      const entry = this.negatives.accept(address, partition, acquired.text);
      if (entry !== null) return { kind: 'negative', entry };
    }
    // The lock is taken where the answer is not.
    if (acquired.kind === 'acquired' && acquired.lock !== null) this.tasks.noteRedisMiss();
    let write: RedisWrite | null = null;
    // Of the time before the upstream is asked: an answer that a purge overtakes is void.
    const { result, negative } = epochs();
    try {
      const fetched = await fetch(signal);
      this.negatives.delete(address, partition);
      // The upstream has just let this partition read: what others stored of the task may be shown.
      const done = fetched.yieldsToFinal ? await this.tasks.getDone(address) : null;
      if (done !== null) return { kind: 'done-before', stored: done };
      const { snapshot, freshMs, keptMs } = fetched;
      const kept = keep ? this.tasks.set(address, snapshot, freshMs, keptMs, result) : null;
      write = kept?.write ?? null;
      return { kind: 'fetched', fetched, isStored: kept !== null };
    } catch (error) {
      const no = keep ? negativeOf(error) : null;
      if (no !== null) write = this.negatives.set(address, partition, no.entry, no.ttlMs, no.visibleAfterMs, negative);
      throw error;
    } finally {
      this.locks.release(acquired.kind === 'acquired' ? acquired.lock : null, write);
    }
  }
}
