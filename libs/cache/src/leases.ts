import { randomBytes } from 'node:crypto';
import type { RedisStore } from '@gateway/redis';
import { ENTER, LEAVE, RENEW } from './scripts.js';
import type { RedisWrite } from './result-store.js';
import { EVENTS_CHANNEL } from './keys.js';
import type { TaskNames } from './keys.js';

/** What several replicas may be about to ask. */
export interface LeaseQuestion {
  readonly names: TaskNames;
  /** Of what would be of use now. */
  readonly generations: () => { readonly result: string; readonly negative: string };
  /** Whether a stored result is of use to this asker now. Asked twice where one is there and was of none. */
  readonly isReadable: () => boolean | Promise<boolean>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Somebody else's answer, or the turn to ask; `waited` tells whether somebody else was asking before. */
export type Turn = { readonly waited: boolean } & (Found | Lead);

type Found = { readonly kind: 'result' | 'negative'; readonly text: string };
/** To be given back, whatever comes. Null where there is none to be had: everybody asks then. */
type Lead = { readonly kind: 'lead'; readonly lease: Lease | null };
type Entered = Found | (Lead & { readonly isUnread: boolean }) | { readonly kind: 'wait'; readonly ms: number };

export interface Lease {
  readonly name: string;
  readonly owner: string;
  readonly renewal: NodeJS.Timeout;
}

interface News {
  readonly heard: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly end: () => void;
}

/** Milliseconds. A leader that dies costs its followers no more than this. */
const LEASE_MS = 1_000;
const RENEW_MS = 300;

/** Begins the message that a task has ended. */
export const ENDED_MESSAGE = 'ended';

/** The right to ask the upstream a question, among all replicas: a key in Redis with a random owner. */
export class Leases {
  readonly #redis: RedisStore | null;
  readonly #now: () => number;
  readonly #process = randomBytes(12).toString('base64url');
  readonly #waiting = new Map<string, Set<() => void>>();
  #count = 0;

  constructor(redis: RedisStore | null, now: () => number) {
    this.#redis = redis;
    this.#now = now;
  }

  /**
   * Takes the lease, or waits for what its holder stores. Without Redis everybody may ask.
   * @param patienceMs milliseconds to wait for others; after that this one asks, too
   * @throws the signal's reason; nothing else
   */
  async take(question: LeaseQuestion, patienceMs: number, signal: AbortSignal): Promise<Turn> {
    if (this.#redis === null || !this.#redis.up) return { kind: 'lead', lease: null, waited: false };
    const patience = performance.now() + patienceMs;
    // Before the lease is asked for, so that no news is missed.
    const news = this.#listen(question.names.lease);
    try {
      for (let waited = false; ; waited = true) {
        const entered = await this.#enter(this.#redis, question, await question.isReadable());
        // Whoever stored it may have proven that it can be read, after that was asked.
        const isLate = entered.kind === 'lead' && entered.isUnread && (await question.isReadable());
        if (entered.kind === 'lead' && (signal.aborted || isLate)) this.leave(entered.lease, null);
        signal.throwIfAborted();
        if (isLate) continue;
        if (entered.kind === 'lead') return { kind: 'lead', lease: entered.lease, waited };
        if (entered.kind !== 'wait') return { ...entered, waited };
        const leftMs = patience - performance.now();
        if (leftMs <= 0) return { kind: 'lead', lease: null, waited: true };
        await news.heard(Math.min(entered.ms, leftMs), signal);
        signal.throwIfAborted();
      }
    } finally {
      news.end();
    }
  }

  async #enter(redis: RedisStore, question: LeaseQuestion, isReadable: boolean): Promise<Entered> {
    this.#count += 1;
    const owner = `${this.#process}.${this.#count}`;
    const { names, generations, now } = question;
    const keys = [names.result, names.negative, names.lease];
    const { result, negative } = generations();
    const settings = [String(Math.floor(now())), result, negative, isReadable ? '1' : '0', owner, String(LEASE_MS)];
    const said = await redis.run(ENTER, keys, settings);
    const [kind, value] = Array.isArray(said) ? said.map(String) : [];
    switch (kind) {
      case 'result':
      case 'negative':
        return { kind, text: value ?? '' };
      case 'wait':
        return { kind, ms: Math.min(LEASE_MS, Math.max(1, Number(value))) };
      case 'lead':
        return {
          kind,
          lease: { name: names.lease, owner, renewal: this.#renewing(names.lease, owner) },
          isUnread: value === 'unread',
        };
      default:
        return { kind: 'lead', lease: null, isUnread: false };
    }
  }

  /** Stores an answer and gives the lease back, in the background; those who wait are woken. */
  leave(lease: Lease | null, write: RedisWrite | null): void {
    if (lease !== null) clearInterval(lease.renewal);
    if (this.#redis === null || (lease === null && write === null)) return;
    // Without an answer there is nothing to be stored, and any name of the same task will do.
    const keys = [write?.name ?? lease?.name ?? '', lease?.name ?? write?.name ?? ''];
    const channel = this.#redis.channelName(EVENTS_CHANNEL);
    const { text = '', ttlMs = 0, ended } = write ?? {};
    const news = ended === undefined ? '' : `${ENDED_MESSAGE} ${ended}`;
    const now = String(Math.floor(this.#now()));
    this.#redis.runLater(LEAVE, keys, [text, String(ttlMs), lease?.owner ?? '', channel, lease?.name ?? '', now, news]);
  }

  /** Told who has given a lease back. */
  wake(name: string): void {
    for (const woken of this.#waiting.get(name) ?? []) woken();
  }

  /** `heard` resolves when the lease is given back, after that many milliseconds, or when the signal aborts. */
  #listen(name: string): News {
    let news = false;
    let tell = (): void => undefined;
    const woken = (): void => {
      news = true;
      tell();
    };
    const others = this.#waiting.get(name) ?? new Set();
    this.#waiting.set(name, others.add(woken));
    return {
      heard: (ms, signal) =>
        new Promise((resolve) => {
          const end = (): void => {
            clearTimeout(timer);
            signal.removeEventListener('abort', end);
            // What is heard from now on is for the next time.
            news = false;
            tell = () => undefined;
            resolve();
          };
          const timer = setTimeout(end, ms);
          signal.addEventListener('abort', end, { once: true });
          tell = end;
          if (news || signal.aborted) end();
        }),
      end: () => {
        others.delete(woken);
        if (others.size === 0 && this.#waiting.get(name) === others) this.#waiting.delete(name);
      },
    };
  }

  #renewing(name: string, owner: string): NodeJS.Timeout {
    return setInterval(() => this.#redis?.runLater(RENEW, [name], [owner, String(LEASE_MS)]), RENEW_MS).unref();
  }
}
