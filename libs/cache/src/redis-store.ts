import { RedisRefusal } from './redis-connection.js';
import type { OpenRedis, RedisConnection } from './redis-connection.js';

/** What the store reports about itself; it never throws. */
export interface RedisStoreListener {
  readonly onUp: () => void;
  /** @param reason one word or a few, safe to be logged */
  readonly onDown: (reason: string) => void;
  /** Reads work, writes do not; `null` when they do again. */
  readonly onWritesRefused: (word: string | null) => void;
}

export interface RedisCounts {
  /** Commands sent on behalf of a caller. */
  readonly redisCommands: number;
  /** Commands that failed, timed out or were refused. */
  readonly redisErrors: number;
  /** Commands not sent because Redis was known to be away, or too much was being written already. */
  readonly redisSkipped: number;
}

/** Milliseconds before a connection that keeps failing is tried again. The first time costs nothing. */
const RETRY_BASE_MS = 100;
const RETRY_CAP_MS = 5_000;
/** Bytes (UTF-16 units) on their way at most: answers are not held in memory for a Redis that is slow to take them. */
const MAX_WRITING = 32 * 1024 * 1024;
/** Milliseconds between two new connections in search of a primary. */
const SEEK_PRIMARY_MS = 30_000;

/**
 * Redis behind a breaker, so that it costs at most the commands that are under way when it fails. It is used only
 * after a read on the present connection went well; the first failure takes it out of use, and a new connection is
 * tried in the background. Every failure is a miss or nothing, never an error.
 */
export class RedisStore {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #listener: RedisStoreListener;
  readonly #now: () => number;
  readonly #counts = { redisCommands: 0, redisErrors: 0, redisSkipped: 0 };
  readonly #pending = new Set<Promise<void>>();
  #writing = 0;
  #up = false;
  #reported: 'up' | 'down' | null = null;
  #refused: string | null = null;
  /** Counts connections: what happens on an old one says nothing about the present one. */
  #epoch = 0;
  /** Failures since the last read that a caller got an answer to. */
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #soughtPrimaryAt = -Infinity;
  #closed = false;

  constructor(open: OpenRedis, prefix: string, listener: RedisStoreListener, now: () => number) {
    this.#prefix = prefix;
    this.#listener = listener;
    this.#now = now;
    this.#connection = open({
      onReady: () => {
        this.#epoch += 1;
        void this.#probe(this.#epoch);
      },
      onLost: (error) => {
        this.#epoch += 1;
        clearTimeout(this.#retry);
        this.#goDown(reasonOf(error));
      },
    });
  }

  get up(): boolean {
    return this.#up;
  }

  get counts(): RedisCounts {
    return this.#counts;
  }

  start(): void {
    this.#connection.start();
  }

  /** The stored text; null also for everything that went wrong. */
  async get(name: string): Promise<string | null> {
    if (!this.#mayUse()) return null;
    const epoch = this.#epoch;
    try {
      const text = await this.#connection.get(this.#prefix + name);
      this.#failures = 0;
      return text;
    } catch (error) {
      this.#counts.redisErrors += 1;
      // Something that is no string has our name: it is as good as unreadable text, and is deleted as that.
      if (error instanceof RedisRefusal && error.word === 'WRONGTYPE') return '';
      this.#fail(epoch, error);
      return null;
    }
  }

  /** Writes in the background. @param ttlMs time to live in milliseconds, at least 1 */
  set(name: string, text: string, ttlMs: number): void {
    if (this.#writing + text.length > MAX_WRITING) {
      this.#counts.redisSkipped += 1;
      return;
    }
    this.#write(text.length, () => this.#connection.set(this.#prefix + name, text, ttlMs));
  }

  /** Deletes in the background. */
  delete(name: string): void {
    this.#write(0, () => this.#connection.delete(this.#prefix + name));
  }

  /** Resolves when everything in the background has ended, one way or the other. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** Takes nothing more, ends what is under way and hangs up. Bounded by the command timeout, twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#up = false;
    clearTimeout(this.#retry);
    await this.settled();
    await this.#connection.close();
  }

  #mayUse(): boolean {
    this.#counts[this.#up ? 'redisCommands' : 'redisSkipped'] += 1;
    return this.#up;
  }

  #write(size: number, command: () => Promise<void>): void {
    if (!this.#mayUse()) return;
    const epoch = this.#epoch;
    this.#writing += size;
    const written = this.#written(epoch, size, command).finally(() => {
      this.#writing -= size;
      this.#pending.delete(written);
    });
    this.#pending.add(written);
  }

  async #written(epoch: number, size: number, command: () => Promise<void>): Promise<void> {
    try {
      await command();
      // A full server takes no values, but it does delete: only a value that went in says that values go in.
      if (size > 0) this.#reportRefused(null);
    } catch (error) {
      this.#counts.redisErrors += 1;
      this.#failWrite(epoch, error);
    }
  }

  /**
   * A refused write leaves Redis in use: a server that is full (`OOM`), a replica (`READONLY`) or unable to save
   * (`MISCONF`) still serves what it has, and whether reads work is for reads to tell.
   */
  #failWrite(epoch: number, error: unknown): void {
    if (!(error instanceof RedisRefusal)) {
      this.#fail(epoch, error);
      return;
    }
    this.#reportRefused(error.word);
    // After a failover the old primary answers as a replica for as long as the connection lives: look for the new one.
    const seek = error.word === 'READONLY' && this.#now() - this.#soughtPrimaryAt >= SEEK_PRIMARY_MS;
    if (!seek || epoch !== this.#epoch || !this.#up) return;
    this.#soughtPrimaryAt = this.#now();
    this.#up = false;
    this.#connection.reconnect();
  }

  #fail(epoch: number, error: unknown): void {
    if (epoch !== this.#epoch || this.#closed) return;
    this.#epoch += 1;
    this.#goDown(reasonOf(error));
    // Not the old connection again: late answers come first there, and one that a firewall forgot never fails.
    const delay = this.#failures === 0 ? 0 : Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    this.#retry = setTimeout(() => {
      this.#connection.reconnect();
    }, delay).unref();
  }

  /** A read, because a server may greet and still refuse reads: while it loads, has no primary, or wants a login. */
  async #probe(epoch: number): Promise<void> {
    try {
      await this.#connection.get(`${this.#prefix}tg:probe`);
    } catch (error) {
      this.#fail(epoch, error);
      return;
    }
    if (epoch !== this.#epoch || this.#closed) return;
    this.#up = true;
    if (this.#reported === 'up') return;
    this.#reported = 'up';
    this.#listener.onUp();
  }

  #goDown(reason: string): void {
    this.#up = false;
    if (this.#reported === 'down' || this.#closed) return;
    this.#reported = 'down';
    this.#listener.onDown(reason);
  }

  #reportRefused(word: string | null): void {
    if (this.#refused === word) return;
    this.#refused = word;
    this.#listener.onWritesRefused(word);
  }
}

/** Texts of errors may hold addresses, commands and passwords: only words that cannot are repeated. */
function reasonOf(error: unknown): string {
  if (error instanceof RedisRefusal) return error.word;
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code;
  return message === 'Command timed out' ? 'no answer in time' : 'connection lost';
}
