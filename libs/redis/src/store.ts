import { BackgroundWork } from './background-work.js';
import { RedisReplyError, reasonOf } from './errors.js';
import type { OpenRedis, RedisConnection, RedisScript } from './redis-connection.js';

/** What the store reports about itself; it never throws. */
export interface RedisStoreListener {
  readonly onUp: () => void;
  /** @param reason one word or a few, safe to be logged */
  readonly onDown: (reason: string) => void;
  /** Reads work, writes do not; `null` when they do again. */
  readonly onWritesRefused: (word: string | null) => void;
  /** Nothing that is published arrives here; `null` when it does again. */
  readonly onMessagesRefused: (word: string | null) => void;
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
/** Milliseconds without a refusal until a script that went well is taken for one that has written. */
const CALM_MS = 5_000;
/** Refusals of what one script found or did: they say nothing about the next command. */
const ABOUT_THE_SCRIPT: ReadonlySet<string> = new Set(['ERR', 'WRONGTYPE', 'MOVED']);

/**
 * Redis behind a breaker, so that it costs at most the commands that are under way when it fails. It is used only
 * after a read on the present connection went well; the first failure takes it out of use, and a new connection is
 * tried in the background. Every failure is a miss or nothing, never an error.
 */
export class RedisStore {
  readonly counts = { redisCommands: 0, redisErrors: 0, redisSkipped: 0 };
  private readonly connection: RedisConnection;
  private readonly reportRefused: (word: string | null) => void;
  private readonly background = new BackgroundWork(MAX_WRITING);
  private isUp = false;
  private reported: 'up' | 'down' | null = null;
  private refusedAt = -Infinity;
  /** Counts connections: what happens on an old one says nothing about the present one. */
  private session = 0;
  /** Failures since the last read that a caller got an answer to. */
  private failures = 0;
  private retry: NodeJS.Timeout | undefined;
  private soughtPrimaryAt = -Infinity;
  private closed = false;

  /** @param prefix of all keys and channels */
  constructor(
    open: OpenRedis,
    private readonly prefix: string,
    private readonly listener: RedisStoreListener,
    private readonly now: () => number,
  ) {
    this.reportRefused = onChange<string>((word) => listener.onWritesRefused(word));
    this.connection = open({
      onReady: () => {
        this.session += 1;
        void this.probe(this.session);
      },
      onLost: (error) => {
        this.session += 1;
        clearTimeout(this.retry);
        this.goDown(reasonOf(error));
      },
      onMessagesRefused: onChange<string>((word) => listener.onMessagesRefused(word)),
    });
  }

  get up(): boolean {
    return this.isUp;
  }

  start(): void {
    this.connection.start();
  }

  /**
   * Subscribes to a channel whenever Redis can be reached, also while commands skip it; called before {@link start}.
   * @param onReset the subscription begins or begins again: messages may have been missed
   */
  subscribe(channel: string, onMessage: (message: string) => void, onReset: () => void): void {
    this.connection.subscribe(this.channelName(channel), onMessage, onReset);
  }

  /** What a script must publish to so that {@link subscribe} hears it: arguments of scripts are sent as they are. */
  channelName(channel: string): string {
    return this.prefix + channel;
  }

  /** The stored text; null also for everything that went wrong. */
  async get(name: string): Promise<string | null> {
    if (!this.mayUse()) return null;
    const session = this.session;
    try {
      const text = await this.connection.get(this.prefix + name);
      this.failures = 0;
      return text;
    } catch (error) {
      this.counts.redisErrors += 1;
      // Something that is no string has our name: it is as good as unreadable text, and is deleted as that.
      if (error instanceof RedisReplyError && error.word === 'WRONGTYPE') return '';
      this.fail(session, error);
      return null;
    }
  }

  /** What the script returned; undefined for everything that went wrong. @param names of its keys, without the prefix */
  async run(script: RedisScript, names: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.mayUse() ? this.ran(this.session, script, names, args) : undefined;
  }

  /** {@link run} in the background. */
  runLater(script: RedisScript, names: readonly string[], args: readonly string[]): void {
    const size = args.reduce((sum, arg) => sum + arg.length, 0);
    this.later(size, (session) => this.ran(session, script, names, args));
  }

  /** Writes in the background. @param ttlMs time to live in milliseconds, at least 1 */
  set(name: string, text: string, ttlMs: number): void {
    this.write(text.length, async () => {
      await this.connection.set(this.prefix + name, text, ttlMs);
      // A full server takes no values, but it does delete: only a value that went in says that values go in.
      this.reportRefused(null);
    });
  }

  /** Deletes in the background. */
  delete(name: string): void {
    this.write(0, () => this.connection.delete(this.prefix + name));
  }

  /** Resolves when everything in the background has ended, one way or the other. */
  async settled(): Promise<void> {
    await this.background.settled();
  }

  /** Takes nothing more, ends what is under way and hangs up. Bounded by the command timeout, twice. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.isUp = false;
    clearTimeout(this.retry);
    await this.settled();
    await this.connection.close();
  }

  private mayUse(): boolean {
    this.counts[this.isUp ? 'redisCommands' : 'redisSkipped'] += 1;
    return this.isUp;
  }

  private later(size: number, command: (session: number) => Promise<unknown>): void {
    if (!this.background.hasRoomFor(size)) this.counts.redisSkipped += 1;
    else if (this.mayUse()) this.background.add(size, command(this.session));
  }

  private write(size: number, command: () => Promise<void>): void {
    this.later(size, (session) =>
      command().catch((error: unknown) => {
        this.counts.redisErrors += 1;
        this.failWrite(session, error);
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
      const answer = await this.connection.run(script, prefixed, args);
      this.failures = 0;
      if (script.writes === true && this.now() - this.refusedAt >= CALM_MS) this.reportRefused(null);
      return answer ?? null;
    } catch (error) {
      this.counts.redisErrors += 1;
      if (error instanceof RedisReplyError && ABOUT_THE_SCRIPT.has(error.word)) return undefined;
      if (script.writes === true) this.failWrite(session, error);
      else this.fail(session, error);
      return undefined;
    }
  }

  /**
   * A refused write leaves Redis in use: a server that is full (`OOM`), a replica (`READONLY`) or unable to save
   * (`MISCONF`) still serves what it has, and whether reads work is for reads to tell.
   */
  private failWrite(session: number, error: unknown): void {
    if (!(error instanceof RedisReplyError)) return this.fail(session, error);
    this.refusedAt = this.now();
    this.reportRefused(error.word);
    // After a failover the old primary answers as a replica for as long as the connection lives: look for the new one.
    const seek = error.word === 'READONLY' && this.now() - this.soughtPrimaryAt >= SEEK_PRIMARY_MS;
    if (!seek || session !== this.session || !this.isUp) return;
    this.soughtPrimaryAt = this.now();
    this.isUp = false;
    this.connection.reconnect();
  }

  private fail(session: number, error: unknown): void {
    if (session !== this.session || this.closed) return;
    this.session += 1;
    this.goDown(reasonOf(error));
    // Not the old connection again: late answers come first there, and one that a firewall forgot never fails.
    const delay = this.failures === 0 ? 0 : Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(this.failures, 16));
    this.failures += 1;
    this.retry = setTimeout(() => {
      this.connection.reconnect();
    }, delay).unref();
  }

  /** A read, because a server may greet and still refuse reads: while it loads, has no primary, or wants a login. */
  private async probe(session: number): Promise<void> {
    try {
      await this.connection.get(`${this.prefix}tg:probe`);
    } catch (error) {
      this.fail(session, error);
      return;
    }
    if (session !== this.session || this.closed) return;
    this.isUp = true;
    if (this.reported === 'up') return;
    this.reported = 'up';
    this.listener.onUp();
  }

  private goDown(reason: string): void {
    this.isUp = false;
    if (this.reported === 'down' || this.closed) return;
    this.reported = 'down';
    this.listener.onDown(reason);
  }
}

/** Reports values that differ from the last one reported; at first that is null. */
function onChange<Value>(report: (value: Value | null) => void): (value: Value | null) => void {
  let last: Value | null = null;
  return (value) => {
    if (value === last) return;
    last = value;
    report(value);
  };
}
