import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { invalidBearer } from '../access/authentication.js';
import { AccessGuard } from '../access/guard.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { Drain } from '../http/gateway-server.js';
import { abortSignalOf, slimDown, watchCaller } from '../http/request-context.js';
import { TASK_ROUTE } from '../tasks/express-route.js';
import { isDone, sendTask } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import { cacheDirectives, NO_DIRECTIVES, TaskRequests } from '../tasks/task-request.js';
import { TaskResolver } from '../tasks/task-resolver.js';
import { isDown, TasksService } from '../tasks/tasks.service.js';
import { CallerLimits } from './caller-limits.js';
import { endOfWait, OpenWaits } from './open-waits.js';
import { waitPreference } from './prefer-header.js';
import { TaskWatches } from './task-watches.js';
import { isAwaited, Wait } from './wait.js';
import type { WaitEnd, WaitOwner } from './wait.js';

/**
 * `Prefer: wait=N` (RFC 7240) on the route of a task: answers as ever, but not before the task is done, differs from what the
 * caller knows, or the time is over. Stands in a hook of the route: a handler that waits would keep its promises for as long.
 */
@Injectable()
export class LongPoll implements BeforeApplicationShutdown, WaitOwner {
  private readonly open = new OpenWaits();
  private readonly limits: CallerLimits;

  constructor(
    private readonly config: GatewayConfig,
    private readonly guard: AccessGuard,
    private readonly requests: TaskRequests,
    private readonly resolver: TaskResolver,
    private readonly tasks: TasksService,
    private readonly watches: TaskWatches,
    private readonly drain: Drain,
  ) {
    this.limits = new CallerLimits(config.waits.perCaller, config.waits.max);
  }

  /** Requests that wait now. */
  get size(): number {
    return this.limits.size;
  }

  /** To be called before Nest registers its routes. */
  attachTo(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', (route) => {
      if (route.url !== TASK_ROUTE) return;
      const others = [route.preHandler ?? []].flat();
      route.preHandler = [(request, reply, done) => this.answer(request, reply, done), ...others];
    });
  }

  /** Everybody who waits is answered with what is known, on a connection that ends. */
  async beforeApplicationShutdown(): Promise<void> {
    this.drain.begin();
    await this.open.endAll();
  }

  private answer(request: FastifyRequest, reply: FastifyReply, pass: HookHandlerDoneFunction): void {
    // Here and not beside the other names: replies of other routes do not depend on it.
    reply.header('vary', `${String(reply.getHeader('vary'))}, Prefer`);
    // Several fields come as one.
    const seconds = waitPreference(request.headers['prefer'] as string | undefined);
    if (seconds === null || !canWait(request)) return pass();
    this.begin(request, reply, Math.min(seconds, this.config.waits.maxSeconds)).catch(pass);
  }

  /** Does all that a request without the preference would see, and only then waits. */
  private async begin(request: FastifyRequest, reply: FastifyReply, seconds: number): Promise<void> {
    const began = performance.now();
    await this.guard.authenticate(request, reply);
    const { named, caller, view, directives } = this.requests.read(request, 'task');
    const { signal, stop } = watchCaller(reply);
    const target = await this.resolver.resolve(named, caller, signal);
    const first = await this.tasks.find(target, caller, this.watches.directivesOf(target, directives), signal);
    if (isAwaited(request, first, { view })) {
      applied(reply, seconds);
      return void sendTask(request, reply, first, view);
    }
    // Whoever may not wait polls: one who came again at once would find this gateway as long as it drains.
    if (signal.aborted || this.drain.isDraining || this.limits.enter(caller.account) !== 'entered')
      return void sendTask(request, reply, first, view);
    stop();
    applied(reply, seconds);
    slimDown(request, reply);
    const endsAt = endOfWait(began, seconds, Math.random());
    const wait = new Wait(request, reply, { caller, view }, target, endsAt, this);
    wait.known = first.version;
    this.open.add(wait);
    this.watches.join(target, caller, first, wait);
  }

  onClosed(wait: Wait): void {
    this.limits.leave(wait.asked.caller.account);
    this.open.delete(wait);
    wait.leave();
  }

  onEnd(wait: Wait, end: WaitEnd): void {
    this.open.delete(wait);
    if (end !== 'over') return send(wait, end);
    this.latest(wait).then(
      (answer) => send(wait, answer),
      (error: Error) => send(wait, error),
    );
  }

  /** What is known at the end: the upstream is not asked for it, unless nothing may be shown otherwise. */
  private async latest(wait: Wait): Promise<TaskAnswer> {
    const {
      target,
      asked: { caller },
      failure,
      reply,
    } = wait;
    const seen = await this.tasks.lastSeen(target, caller);
    if (failure === null) {
      const { provider, address } = target;
      // Without the end of the first lookup's time.
      return seen ?? this.tasks.find({ provider, address }, caller, NO_DIRECTIVES, abortSignalOf(reply));
    }
    if (seen !== null && (isDone(seen) || isFresh(seen) || !wait.hasFailedSince(seen))) return seen;
    const stale = isDown(failure.problem) ? await this.tasks.staleSeen(target, caller) : null;
    if (stale === null) throw failure.problem;
    return stale;
  }
}

/** Answers a request that has waited. Never throws: it is nobody's who could catch it. */
function send({ request, reply, asked: { view }, tokenEndsAt }: Wait, end: TaskAnswer | Error): void {
  try {
    // As from the hook, whose way on would hold 400 bytes for as long as the request waits.
    if (end instanceof Error) reply.send(end);
    else if (tokenEndsAt <= Date.now()) reply.send(invalidBearer());
    else sendTask(request, reply, end, view);
  } catch (error) {
    reply.send(error);
  }
}

/** `*` matches whatever there is; and what must not ask, or not be kept, is not asked for meanwhile. */
function canWait({ method, headers }: FastifyRequest): boolean {
  const { onlyIfCached, noStore } = cacheDirectives(headers['cache-control']);
  return method === 'GET' && !onlyIfCached && !noStore && headers['if-none-match']?.trim() !== '*';
}

/** Whether a request would be answered with it at once, whatever the upstream does. */
function isFresh({ entry }: TaskAnswer): boolean {
  return entry !== null && entry.freshUntil > Date.now();
}

function applied(reply: FastifyReply, seconds: number): void {
  reply.header('preference-applied', `wait=${seconds}`);
}
