import type { Logger } from '@nestjs/common';
import type { OpenRedis, RedisConnection } from './connection.js';
import { RedisReplyError, reasonOf } from './errors.js';

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

/** Logs what the store reports. @param onUp called when Redis is of use, and when it is again */
export function logged(logger: Logger, onUp: () => void): RedisStoreListener {
  const onRefused =
    (refused: string, accepted: string) =>
    (word: string | null): void =>
      word === null ? logger.log(`Redis ${accepted} again`) : logger.warn(`Redis ${refused} (${word})`);
  return {
    onUp: () => {
      logger.log('Redis is in use');
      onUp();
    },
    onDown: (reason) => logger.warn(`Redis is not available (${reason}): going on without it`),
    onWritesRefused: onRefused('refuses writes', 'takes writes'),
    onMessagesRefused: onRefused('passes no messages', 'passes messages'),
  };
}

/** Milliseconds before a connection that keeps failing is tried again. The first time costs nothing. */
const RETRY_BASE_MS = 100;
const RETRY_CAP_MS = 5_000;
/** Milliseconds between two new connections in search of a primary. */
const SEEK_PRIMARY_MS = 30_000;
/** Milliseconds without a refused write until a script that went well is taken for one that has written. */
const CALM_MS = 5_000;

/**
 * Tells whether Redis is of use: after a read on the present connection went well, and until the first failure. Then a new
 * connection is tried in the background.
 */
export class RedisBreaker {
  readonly connection: RedisConnection;
  /** Whether Redis is of use. */
  up = false;
  /** Counts connections: what happens on an old one says nothing about the present one. */
  session = 0;
  private readonly reportRefused: (word: string | null) => void;
  private reported: 'up' | 'down' | null = null;
  private refusedAt = -Infinity;
  /** Failures since the last read that a caller got an answer to. */
  private failures = 0;
  private retry: NodeJS.Timeout | undefined;
  private soughtPrimaryAt = -Infinity;
  private closed = false;

  /** @param probed name that is read to see whether reads work */
  constructor(
    open: OpenRedis,
    private readonly probed: string,
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

  /** A caller got an answer. */
  onAnswer(): void {
    this.failures = 0;
  }

  /** A value was written for certain. */
  onWritten(): void {
    this.reportRefused(null);
  }

  /** A script that may have written went well. */
  onScriptDone(): void {
    if (this.now() - this.refusedAt >= CALM_MS) this.onWritten();
  }

  /**
   * A refused write leaves Redis in use: a server that is full (`OOM`), a replica (`READONLY`) or unable to save
   * (`MISCONF`) still serves what it has, and whether reads work is seen by reads.
   */
  failWrite(session: number, error: unknown): void {
    if (!(error instanceof RedisReplyError)) return this.fail(session, error);
    this.refusedAt = this.now();
    this.reportRefused(error.word);
    // After a failover the old primary answers as a replica for as long as the connection lives: look for the new one.
    const seek = error.word === 'READONLY' && this.now() - this.soughtPrimaryAt >= SEEK_PRIMARY_MS;
    if (!seek || session !== this.session || !this.up) return;
    this.soughtPrimaryAt = this.now();
    this.up = false;
    this.connection.reconnect();
  }

  /** A command failed that was sent in this session. */
  fail(session: number, error: unknown): void {
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

  /** Takes nothing more from now on. */
  close(): void {
    this.closed = true;
    this.up = false;
    clearTimeout(this.retry);
  }

  /** A read, because a server may greet and still refuse reads: while it loads, has no primary, or wants a login. */
  private async probe(session: number): Promise<void> {
    try {
      await this.connection.get(this.probed);
    } catch (error) {
      this.fail(session, error);
      return;
    }
    if (session !== this.session || this.closed) return;
    this.up = true;
    if (this.reported === 'up') return;
    this.reported = 'up';
    this.listener.onUp();
  }

  private goDown(reason: string): void {
    this.up = false;
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
