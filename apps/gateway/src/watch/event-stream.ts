import { randomInt } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { PIECE_LENGTH } from '../http/hooks.js';
import { cut } from './frame.js';
import type { FramePart, FrameSource } from './frame.js';
import { beginStream } from './stream-head.js';
import type { EndReason } from './watch.dto.js';

/** How long a stream lives, and why not longer. */
export interface StreamLife {
  readonly ms: number;
  readonly reason: 'rotate' | 'credentials-expired';
}

/** Milliseconds after which a reader comes again at a shutdown, at random. */
const SCATTERED_MS = [500, 5_000] as const;
const HEARTBEAT = ':\n\n';

const STREAM = Symbol('stream of a response');
type StreamResponse = ServerResponse & { [STREAM]?: EventStream };

/**
 * One open response of events (WHATWG HTML, 9.2), written by hand: thousands of them are open at once, so that each holds
 * the response and a few numbers. Nothing waits for its reader but what sources offer when they are asked.
 */
export abstract class EventStream {
  private readonly raw: StreamResponse;
  /** The rest of a large frame. */
  private rest: Iterator<FramePart> | null = null;
  /** Sources whose news wait until the reader has caught up. */
  private waiting: Set<FrameSource> | null = null;
  private isBehind = false;
  private ending: EndReason | null = null;
  /** Milliseconds of the process. */
  private lastWrite: number;
  private readonly endsAt: number;
  private readonly lastReason: StreamLife['reason'];

  /** Sends the head of the answer at once. */
  constructor(reply: FastifyReply, { ms, reason }: StreamLife) {
    const now = processMs();
    this.raw = beginStream(reply);
    this.lastWrite = now;
    this.endsAt = Math.floor(now + ms);
    this.lastReason = reason;
    this.raw[STREAM] = this;
    this.raw.on('close', onClose);
  }

  /** The response is over, or its reader has gone: once for each stream. */
  abstract onClosed(): void;

  /** How it ended; null while it is open, and where its reader has left. */
  get endReason(): EndReason | null {
    return this.ending;
  }

  get isClosed(): boolean {
    return this.raw.destroyed;
  }

  /** Lets a source speak: now, or as soon as the reader has caught up. */
  offer(source: FrameSource): void {
    if (this.ending !== null || this.raw.destroyed) return;
    if (this.isBehind) (this.waiting ??= new Set()).add(source);
    else this.send(source.takeFrames());
  }

  /** Ends the response, behind the frame that is on its way. Where nothing is left to come again for, behind all that waits. */
  end(reason: EndReason): void {
    if (this.ending !== null || this.raw.destroyed) return;
    this.ending = reason;
    if (reason !== 'done' && reason !== 'refused') this.waiting = null;
    if (this.rest === null && this.waiting === null) this.finish();
  }

  /** Whether {@link onTick} has something to do. @param now in {@link processMs} */
  isDue(now: number, heartbeatMs: number): boolean {
    return this.ending === null && (now >= this.endsAt || (!this.isBehind && now - this.lastWrite >= heartbeatMs));
  }

  onTick(now: number, heartbeatMs: number): void {
    if (now >= this.endsAt) this.end(this.lastReason);
    else if (this.isDue(now, heartbeatMs) && !this.raw.destroyed) this.send([HEARTBEAT]);
  }

  /** The reader takes something again. */
  onDrain(): void {
    this.isBehind = false;
    if (this.rest !== null && !this.writeAll(this.rest)) return;
    for (const source of this.waiting ?? []) {
      this.waiting?.delete(source);
      this.send(source.takeFrames());
      if (this.isBehind) break;
    }
    if (this.waiting?.size === 0) this.waiting = null;
    if (this.ending !== null && this.rest === null && this.waiting === null) this.finish();
  }

  private send(parts: readonly FramePart[]): void {
    const { socket } = this.raw;
    // In one piece, and now: left to the end of this turn, what thousands are told would go out in one turn, however it is cut.
    socket?.cork();
    const [only] = parts;
    if (parts.length === 1 && only !== undefined && only.length <= PIECE_LENGTH) this.write(only);
    else this.writeAll(cut(parts));
    socket?.uncork();
  }

  /** False where some is left for later. */
  private writeAll(parts: Iterator<FramePart>): boolean {
    for (let next = parts.next(); next.done !== true; next = parts.next()) {
      this.rest = parts;
      if (!this.write(next.value)) return false;
    }
    this.rest = null;
    return true;
  }

  private write(part: FramePart): boolean {
    this.lastWrite = processMs();
    if (this.raw.write(part)) return true;
    this.isBehind = true;
    this.raw.once('drain', onDrain);
    return false;
  }

  private finish(): void {
    const retry = this.ending === 'shutdown' ? `retry: ${randomInt(...SCATTERED_MS)}\n` : '';
    this.raw.end(`${retry}event: end\ndata: {"kind":"end","reason":"${this.ending}"}\n\n`);
  }
}

/** Milliseconds since the process began, whole: the clock of all streams. */
export function processMs(): number {
  return Math.floor(performance.now());
}

/** Shared by all streams: a closure for each would take as much as all its members. */
function onClose(this: StreamResponse): void {
  this[STREAM]?.onClosed();
}

function onDrain(this: StreamResponse): void {
  this[STREAM]?.onDrain();
}
