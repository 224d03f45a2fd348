import { randomBytes } from 'node:crypto';
import type { RedisStore } from '@gateway/redis';
import { ACQUIRE, RELEASE, RENEW } from './scripts.js';
import type { RedisWrite } from './tiered-store.js';
import { EVENTS_CHANNEL } from './keys.js';
import type { TaskNames } from './keys.js';

/** What several replicas may be about to ask the upstream. */
export interface LockRequest {
  readonly names: TaskNames;
  /** Of what would be of use now, see {@link Purges}. */
  readonly epochs: () => { readonly result: string; readonly negative: string };
  /** Whether a stored result may be read now. Asked twice where one is there and may not. */
  readonly mayRead: () => boolean | Promise<boolean>;
  /** Epoch milliseconds: a result that was observed since then will do; null: only one that is fresh. */
  readonly observedSince: number | null;
}

/** This one asks; `lock` is null where there is none to be had: everybody asks then. It has to be released, whatever comes. */
export interface Acquired {
  readonly kind: 'acquired';
  readonly lock: FillLock | null;
  /** Whether another was asking before. */
  readonly waited: boolean;
}

/** The text of what another has stored. */
export interface FilledElsewhere {
  readonly kind: 'result' | 'negative';
  readonly text: string;
  readonly waited: boolean;
}

interface FillLock {
  readonly name: string;
  readonly owner: string;
  readonly renewal: NodeJS.Timeout;
}

type Reply =
  | Omit<FilledElsewhere, 'waited'>
  | (Omit<Acquired, 'waited'> & { readonly isUnread: boolean })
  | { readonly kind: 'wait'; readonly ms: number };

interface Waiter {
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly end: () => void;
}

/** Milliseconds. An owner that dies costs its waiters no more than this. */
const LOCK_MS = 1_000;
const RENEW_MS = 300;

/** The right to ask the upstream about a task, among all replicas: a key in Redis with a random owner. */
export class FillLocks {
  private readonly process = randomBytes(12).toString('base64url');
  private readonly waiters = new Map<string, Set<() => void>>();
  private count = 0;

  constructor(
    private readonly redis: RedisStore | null,
    private readonly now: () => number,
  ) {}

  /**
   * Acquires the lock, or waits for what its owner stores. Without Redis everybody may ask.
   * @param waitMs milliseconds to wait for others; after that this one asks, too
   * @throws the signal's reason; what `mayRead` throws
   */
  async acquire(request: LockRequest, waitMs: number, signal: AbortSignal): Promise<Acquired | FilledElsewhere> {
    if (this.redis === null || !this.redis.up) return { kind: 'acquired', lock: null, waited: false };
    const endsAt = performance.now() + waitMs;
    // Before the lock is asked for, so that no release is missed.
    const waiter = this.waitFor(request.names.lock);
    try {
      for (let waited = false; ; waited = true) {
        const reply = await this.ask(this.redis, request, await request.mayRead());
        // Whoever stored it may have proven that it can be read, after that was asked.
        const isLate = reply.kind === 'acquired' && reply.isUnread && (await request.mayRead());
        if (reply.kind === 'acquired' && (signal.aborted || isLate)) this.release(reply.lock, null);
        signal.throwIfAborted();
        if (isLate) continue;
        if (reply.kind === 'acquired') return { kind: 'acquired', lock: reply.lock, waited };
        if (reply.kind !== 'wait') return { ...reply, waited };
        const leftMs = endsAt - performance.now();
        if (leftMs <= 0) return { kind: 'acquired', lock: null, waited: true };
        await waiter.wait(Math.min(reply.ms, leftMs), signal);
        signal.throwIfAborted();
      }
    } finally {
      waiter.end();
    }
  }

  /** Stores an answer and releases the lock, in the background; waiters are woken. */
  release(lock: FillLock | null, write: RedisWrite | null): void {
    if (lock !== null) clearInterval(lock.renewal);
    if (this.redis === null || (lock === null && write === null)) return;
    // Without an answer there is nothing to be stored, and any name of the same task will do.
    const keys = [write?.name ?? lock?.name ?? '', lock?.name ?? write?.name ?? ''];
    const channel = this.redis.channelName(EVENTS_CHANNEL);
    const { text = '', ttlMs = 0, changed = '' } = write ?? {};
    const now = String(Math.floor(this.now()));
    this.redis.runLater(RELEASE, keys, [
      text,
      String(ttlMs),
      lock?.owner ?? '',
      channel,
      lock?.name ?? '',
      now,
      changed,
    ]);
  }

  /** A lock was released, here or elsewhere. */
  onReleased(name: string): void {
    for (const wake of this.waiters.get(name) ?? []) wake();
  }

  private async ask(redis: RedisStore, request: LockRequest, mayRead: boolean): Promise<Reply> {
    this.count += 1;
    const owner = `${this.process}.${this.count}`;
    const { names, epochs, observedSince } = request;
    const { result, negative } = epochs();
    const now = String(Math.floor(this.now()));
    const since = observedSince === null ? '' : String(Math.ceil(observedSince));
    const args = [now, result, negative, mayRead ? '1' : '0', owner, String(LOCK_MS), since];
    const reply = await redis.run(ACQUIRE, [names.result, names.negative, names.lock], args);
    const [kind, value] = Array.isArray(reply) ? reply.map(String) : [];
    switch (kind) {
      case 'result':
      case 'negative':
        return { kind, text: value ?? '' };
      case 'wait':
        return { kind, ms: Math.min(LOCK_MS, Math.max(1, Number(value))) };
      case 'acquired': {
        const lock = { name: names.lock, owner, renewal: this.renew(redis, names.lock, owner) };
        return { kind, lock, isUnread: value === 'unread' };
      }
      default:
        return { kind: 'acquired', lock: null, isUnread: false };
    }
  }

  private renew(redis: RedisStore, name: string, owner: string): NodeJS.Timeout {
    return setInterval(() => redis.runLater(RENEW, [name], [owner, String(LOCK_MS)]), RENEW_MS).unref();
  }

  /** `wait` resolves when the lock is released, after that many milliseconds, or when the signal aborts. */
  private waitFor(name: string): Waiter {
    let isReleased = false;
    let resume = (): void => undefined;
    const wake = (): void => {
      isReleased = true;
      resume();
    };
    const others = this.waiters.get(name) ?? new Set();
    this.waiters.set(name, others.add(wake));
    return {
      wait: (ms, signal) =>
        new Promise((resolve) => {
          const end = (): void => {
            clearTimeout(timer);
            signal.removeEventListener('abort', end);
            // A release from now on is for the next wait.
            isReleased = false;
            resume = () => undefined;
            resolve();
          };
          const timer = setTimeout(end, ms);
          signal.addEventListener('abort', end, { once: true });
          resume = end;
          if (isReleased || signal.aborted) end();
        }),
      end: () => {
        others.delete(wake);
        if (others.size === 0 && this.waiters.get(name) === others) this.waiters.delete(name);
      },
    };
  }
}
