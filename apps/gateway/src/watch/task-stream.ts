import type { FastifyReply } from 'fastify';
import type { Problem, ProblemContext } from '@gateway/problems';
import type { TaskView } from '@gateway/tasks';
import { EventStream } from './event-stream.js';
import type { StreamLife } from './event-stream.js';
import type { EventsStream, TaskEvents } from './task-events.js';
import type { EndReason } from './watch.dto.js';

/** Whom a stream belongs to: told of its end, and asked for what all streams have in common. */
export interface StreamOwner {
  problemContext(stream: TaskStream): ProblemContext;
  onClosed(stream: TaskStream): void;
}

/** What a stream is of. */
export interface StreamShape {
  readonly view: TaskView;
  readonly isAlone: boolean;
  readonly account: string;
  readonly requestId: string;
  /** Names it in problems. */
  readonly uuid: string;
}

/** A stream about tasks. */
export class TaskStream extends EventStream implements EventsStream {
  readonly view: TaskView;
  readonly isAlone: boolean;
  readonly account: string;
  readonly requestId: string;
  readonly uuid: string;
  /** Tasks that are not over; before they are watched, they are counted only. */
  private left: number;
  private watched: TaskEvents[] = [];

  /** @param count of its tasks */
  constructor(
    private readonly owner: StreamOwner,
    reply: FastifyReply,
    { view, isAlone, account, requestId, uuid }: StreamShape,
    count: number,
    life: StreamLife,
  ) {
    super(reply, life);
    this.view = view;
    this.isAlone = isAlone;
    this.account = account;
    this.requestId = requestId;
    this.uuid = uuid;
    this.left = count;
  }

  /** Whether nothing can be told any more. */
  get isOver(): boolean {
    return this.isClosed || this.endReason !== null;
  }

  problemContext(): ProblemContext {
    return this.owner.problemContext(this);
  }

  /** These leave when the stream ends. */
  keep(events: TaskEvents): void {
    // An array that grows has room for 16 more.
    if (this.isAlone) this.watched = [events];
    else this.watched.push(events);
  }

  onOver(events: TaskEvents, problem: Problem | null, hadBegun: boolean): void {
    const place = this.watched.indexOf(events);
    if (place >= 0) this.watched.splice(place, 1);
    events.leave();
    this.left -= 1;
    if (problem !== null && this.isRefusal(problem, hadBegun)) this.end('refused');
    else if (this.left === 0) this.end('done');
  }

  override end(reason: EndReason): void {
    super.end(reason);
    this.leaveAll();
  }

  override onClosed(): void {
    this.leaveAll();
    this.owner.onClosed(this);
  }

  /** Whether it is the caller who is refused, not one task of several. */
  private isRefusal({ slug, status }: Problem, hadBegun: boolean): boolean {
    if (status === 403) return this.isAlone;
    // One task of several may need credentials that the others do not.
    return status === 401 && (hadBegun || slug === 'upstream-credentials-rejected');
  }

  private leaveAll(): void {
    for (const events of this.watched.splice(0)) events.leave();
  }
}
