import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { GatewayConfig } from '../config/gateway-config.js';
import { processMs } from './event-stream.js';
import type { EventStream, StreamLife } from './event-stream.js';
import { Pieces } from './pieces.js';

/** Milliseconds between two looks for streams that have been silent, or have ended. */
const TICK_MS = 1_000;
/** Share of its life that a stream may lose: those that began together do not come again together. */
const SPREAD = 0.2;

/** All open streams of this process: one timer for them, and one way out. */
@Injectable()
export class OpenStreams implements BeforeApplicationShutdown {
  private readonly streams = new Set<EventStream>();
  private readonly heartbeatMs: number;
  private readonly mostMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isTicking = false;
  private isOver = false;

  constructor({ streams }: GatewayConfig) {
    this.heartbeatMs = streams.heartbeatSeconds * 1000;
    this.mostMs = streams.lifeSeconds * 1000;
  }

  /** Of a new stream: never longer than its caller's credentials. @param callerEndsAt epoch milliseconds; null for no end */
  newLife(callerEndsAt: number | null): StreamLife {
    const ms = this.mostMs * (1 - SPREAD * Math.random());
    // The look at which it ends comes later by one at most.
    const callerMs = callerEndsAt === null ? Infinity : callerEndsAt - Date.now() - TICK_MS;
    return callerMs <= ms ? { ms: callerMs, reason: 'credentials-expired' } : { ms, reason: 'rotate' };
  }

  /** Keeps a stream alive from now on, until its end. */
  add(stream: EventStream): void {
    if (this.isOver) return stream.end('shutdown');
    this.streams.add(stream);
    this.timer ??= setInterval(() => void this.tick(), TICK_MS).unref();
  }

  /** A stream that is over holds no memory until the next look. */
  delete(stream: EventStream): void {
    this.streams.delete(stream);
  }

  /** Whether no stream is open, and none is looked for. */
  get isIdle(): boolean {
    return this.timer === undefined;
  }

  /** Nest closes the server after this: it waits for streams that have not ended. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    await inPieces([...this.streams], (stream) => stream.end('shutdown'));
  }

  private async tick(): Promise<void> {
    if (this.isTicking) return;
    this.isTicking = true;
    const now = processMs();
    const due: EventStream[] = [];
    for (const stream of this.streams) {
      if (stream.isClosed) this.streams.delete(stream);
      else if (stream.isDue(now, this.heartbeatMs)) due.push(stream);
    }
    if (this.streams.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    await inPieces(due, (stream) => stream.onTick(now, this.heartbeatMs));
    this.isTicking = false;
  }
}

async function inPieces<T>(all: readonly T[], work: (one: T) => void): Promise<void> {
  const pieces = new Pieces();
  for (const one of all) {
    work(one);
    if (pieces.count()) await pieces.rest();
  }
}
