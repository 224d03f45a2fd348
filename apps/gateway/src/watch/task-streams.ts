import { Inject, Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isRetryable, Problem, problemOf } from '@gateway/problems';
import type { ProblemContext } from '@gateway/problems';
import type { TaskView } from '@gateway/tasks';
import type { LookupTarget } from '@gateway/upstream';
import type { Caller } from '../access/authentication.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { ACCESS_LOG } from '../http/access-log.js';
import type { AccessLog } from '../http/access-log.js';
import { describeError } from '../http/describe-error.js';
import { Drain } from '../http/gateway-server.js';
import { ProblemWriter } from '../http/problem-writer.js';
import { CallerGone, uuidOf } from '../http/request-context.js';
import { isDone } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import type { CacheDirectives } from '../tasks/task-request.js';
import type { TaskReference } from '../tasks/task-resolver.js';
import { CallerLimits } from './caller-limits.js';
import { OpenStreams } from './open-streams.js';
import type { TaskEvents } from './task-events.js';
import { TaskStream } from './task-stream.js';
import type { StreamOwner } from './task-stream.js';
import { TaskWatches } from './task-watches.js';

/** Seconds after which it is worth asking for a stream again where there are too many. */
const RETRY_SECONDS = 5;

/** Streams about tasks: how many there may be, what they begin with, and what they follow. */
@Injectable()
export class TaskStreams implements StreamOwner {
  private readonly logger = new Logger('Streams');
  private readonly limits: CallerLimits;

  constructor(
    { streams }: GatewayConfig,
    private readonly open: OpenStreams,
    private readonly watches: TaskWatches,
    private readonly problems: ProblemWriter,
    private readonly drain: Drain,
    @Inject(ACCESS_LOG) private readonly log: AccessLog | null,
  ) {
    this.limits = new CallerLimits(streams.perCaller, streams.max);
  }

  /** Streams that are open, or about to be. */
  get size(): number {
    return this.limits.size;
  }

  /**
   * Takes a place for a stream while it is set up. Where that fails, or needs no stream, the place is given back; the stream
   * itself gives it back at its end.
   * @param setUp tells whether there is a stream
   * @throws Problem `rate-limited`, `gateway-busy`
   */
  async withPlace({ account }: Caller, setUp: () => Promise<TaskStream | null>): Promise<void> {
    this.enter(account);
    let stream: TaskStream | null = null;
    try {
      stream = await setUp();
    } finally {
      if (stream === null) this.limits.leave(account);
    }
  }

  /** How a task is to be looked up that a stream will follow. */
  directivesOf(target: LookupTarget, directives: CacheDirectives, isAlone: boolean): CacheDirectives {
    const known = this.watches.directivesOf(target, directives);
    // `no-cache` is what each EventSource of a browser sends by itself, whenever it connects.
    const isOwn = isAlone && known.observedSince !== null && !known.noStore;
    return isOwn ? { ...known, reload: false } : known;
  }

  /**
   * Sends the head of a stream about so many tasks.
   * @throws CallerGone where the connection is closed: nothing would tell the stream of it any more
   */
  begin(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller,
    view: TaskView,
    isAlone: boolean,
    count: number,
  ): TaskStream {
    if (request.raw.socket.destroyed) throw new CallerGone('the caller has gone');
    if (this.drain.isDraining) reply.header('connection', 'close');
    const { account, endsAt } = caller;
    const shape = { view, isAlone, account, requestId: request.id, uuid: uuidOf(request) };
    const stream = new TaskStream(this, reply, shape, count, this.open.newLife(endsAt));
    this.log?.onStream(request, reply);
    this.open.add(stream);
    return stream;
  }

  /** Tells of what a task's first lookup has brought, and follows it from there on. */
  follow(
    stream: TaskStream,
    caller: Caller,
    events: TaskEvents,
    reference: TaskReference,
    target: LookupTarget,
    first: TaskAnswer | Problem,
  ): void {
    if (stream.isOver) return;
    events.nameBy(reference, target.address);
    events.notify(first);
    if (stream.isOver || isOver(first)) return;
    stream.keep(events);
    try {
      events.nameBy(reference, this.watches.join(target, caller, first, events));
    } catch (error) {
      // The head is out: only the stream itself can tell.
      this.logger.error(`${stream.requestId} ${describeError(error)}`);
      events.notify(problemOf(error));
    }
  }

  problemContext({ requestId, uuid }: TaskStream): ProblemContext {
    return { baseUrl: this.problems.baseUrl(), requestId, instance: `urn:uuid:${uuid}` };
  }

  onClosed(stream: TaskStream): void {
    this.open.delete(stream);
    this.limits.leave(stream.account);
  }

  private enter(account: string): void {
    const entered = this.limits.enter(account);
    if (entered === 'entered') return;
    throw entered === 'caller'
      ? new Problem('rate-limited', {
          detail: 'You have as many streams open as one caller may have.',
          retryAfterSeconds: RETRY_SECONDS,
        })
      : new Problem('gateway-busy', {
          detail: 'This gateway has as many streams open as it takes.',
          retryAfterSeconds: RETRY_SECONDS,
        });
  }
}

function isOver(result: TaskAnswer | Problem): boolean {
  return result instanceof Problem ? !isRetryable(result) : isDone(result);
}
