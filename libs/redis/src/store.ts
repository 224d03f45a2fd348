import { RedisBreaker } from './breaker.js';
import type { RedisStoreListener } from './breaker.js';
import type { RedisScript } from './commands.js';
import type { OpenRedis } from './connection.js';
import { RedisReplyError } from './errors.js';

export interface RedisCounts {
  /** Commands sent on behalf of a caller. */
  readonly redisCommands: number;
  /** Commands that failed, timed out or were refused. */
  readonly redisErrors: number;
  /** Commands not sent because Redis was known to be away, or too much was being written already. */
  readonly redisSkipped: number;
}

/** Bytes (UTF-16 units) on their way at most: answers are not held in memory for a Redis that is slow to take them. */
const MAX_WRITING = 32 * 1024 * 1024;
/** Replies to what one script found or did: they say nothing about the next command. */
const ABOUT_THE_SCRIPT: ReadonlySet<string> = new Set(['ERR', 'WRONGTYPE', 'MOVED']);

/**
 * Redis behind a breaker, so that it costs at most the commands that are under way when it fails. Every failure is a miss or
 * nothing, never an error.
 */
export class RedisStore {
  readonly counts = { redisCommands: 0, redisErrors: 0, redisSkipped: 0 };
  private readonly breaker: RedisBreaker;
  private readonly background = new BackgroundWork(MAX_WRITING);
  private closed = false;

  /** @param prefix of all keys and channels */
  constructor(
    open: OpenRedis,
    private readonly prefix: string,
    listener: RedisStoreListener,
    now: () => number,
  ) {
    this.breaker = new RedisBreaker(open, `${prefix}tg:probe`, listener, now);
  }

  get up(): boolean {
    return this.breaker.up;
  }

  start(): void {
    this.breaker.connection.start();
  }

  /**
   * Subscribes to a channel whenever Redis can be reached, also while commands skip it; called before {@link start}.
   * @param onReset the subscription begins or begins again: messages may have been missed
   */
  subscribe(channel: string, onMessage: (message: string) => void, onReset: () => void): void {
    this.breaker.connection.subscribe(this.channelName(channel), onMessage, onReset);
  }

  /** What a script must publish to so that {@link subscribe} gets it: arguments of scripts are sent as they are. */
  channelName(channel: string): string {
    return this.prefix + channel;
  }

  /** The stored text; null also for everything that went wrong. */
  async get(name: string): Promise<string | null> {
    if (!this.mayUse()) return null;
    const { session } = this.breaker;
    try {
      const text = await this.breaker.connection.get(this.prefix + name);
      this.breaker.onAnswer();
      return text;
    } catch (error) {
      this.counts.redisErrors += 1;
      // Something that is no string has our name: it is as good as unreadable text, and is deleted as that.
      if (error instanceof RedisReplyError && error.word === 'WRONGTYPE') return '';
      this.breaker.fail(session, error);
      return null;
    }
  }

  /** What the script returned; undefined for everything that went wrong. @param names of its keys, without the prefix */
  async run(script: RedisScript, names: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.mayUse() ? this.ran(this.breaker.session, script, names, args) : undefined;
  }

  /** {@link run} in the background. */
  runLater(script: RedisScript, names: readonly string[], args: readonly string[]): void {
    const size = args.reduce((sum, arg) => sum + arg.length, 0);
    this.later(size, (session) => this.ran(session, script, names, args));
  }

  /** Writes in the background. @param ttlMs time to live in milliseconds, at least 1 */
  set(name: string, text: string, ttlMs: number): void {
    this.write(text.length, async () => {
      await this.breaker.connection.set(this.prefix + name, text, ttlMs);
      // A full server takes no values, but it does delete: only a value that went in says that values go in.
      this.breaker.onWritten();
    });
  }

  /** Deletes in the background. */
  delete(name: string): void {
    this.write(0, () => this.breaker.connection.delete(this.prefix + name));
  }

  /** Resolves when everything in the background has ended, one way or the other. */
  async settled(): Promise<void> {
    await this.background.settled();
  }

  /** Takes nothing more, ends what is under way and hangs up. Bounded by the command timeout, twice. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.breaker.close();
    await this.settled();
    await this.breaker.connection.close();
  }

  private mayUse(): boolean {
    this.counts[this.up ? 'redisCommands' : 'redisSkipped'] += 1;
    return this.up;
  }

  private later(size: number, command: (session: number) => Promise<unknown>): void {
    if (!this.background.hasRoomFor(size)) this.counts.redisSkipped += 1;
    else if (this.mayUse()) this.background.add(size, command(this.breaker.session));
  }

  private write(size: number, command: () => Promise<void>): void {
    this.later(size, (session) =>
      command().catch((error: unknown) => {
        this.counts.redisErrors += 1;
        this.breaker.failWrite(session, error);
      }),
    );
  }

  private async ran(
    session: number,
    script: RedisScript,
    names: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    try {
      const prefixed = names.map((name) => this.prefix + name);
      const answer = await this.breaker.connection.run(script, prefixed, args);
      this.breaker.onAnswer();
      if (script.writes === true) this.breaker.onScriptDone();
      return answer ?? null;
    } catch (error) {
      this.counts.redisErrors += 1;
      if (error instanceof RedisReplyError && ABOUT_THE_SCRIPT.has(error.word)) return undefined;
      if (script.writes === true) this.breaker.failWrite(session, error);
      else this.breaker.fail(session, error);
      return undefined;
    }
  }
}

/** Work that nobody waits for, within a bound on what it holds. */
class BackgroundWork {
  private readonly pending = new Set<Promise<unknown>>();
  private held = 0;

  constructor(private readonly bound: number) {}

  hasRoomFor(size: number): boolean {
    return this.held + size <= this.bound;
  }

  /** @param work must not reject */
  add(size: number, work: Promise<unknown>): void {
    this.held += size;
    const ended = work.finally(() => {
      this.held -= size;
      this.pending.delete(ended);
    });
    this.pending.add(ended);
  }

  /** Resolves when all of it has ended, also what was added in the meantime. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }
}
