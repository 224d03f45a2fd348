import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { Problem } from '@gateway/problems';
import { invalidBearer } from '../access/authentication.js';
import { AccessGuard } from '../access/guard.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { abortSignalOf, slimDown, watchCaller } from '../http/request-context.js';
import { TASK_ROUTE } from '../tasks/express-route.js';
import { sendTask } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import { cacheDirectives, NO_DIRECTIVES, TaskRequests } from '../tasks/task-request.js';
import { TaskResolver } from '../tasks/task-resolver.js';
import { TasksService } from '../tasks/tasks.service.js';
import { CallerLimits } from './caller-limits.js';
import { OpenWaits } from './open-waits.js';
import { waitPreference } from './prefer-header.js';
import { TaskWatches } from './task-watches.js';
import { isAwaited, Wait } from './wait.js';
import type { WaitEnd, WaitOwner } from './wait.js';

/** Waits end early by this share of their time at most, at random: those that began together do not come again together. */
const EARLY = 1 / 16;

/**
 * `Prefer: wait=N` (RFC 7240) on the route of a task: answers as ever, but not before the task is done, differs from what the
 * caller knows, or the time is over. Stands in a hook of the route: a handler that waits would keep its promises for as long.
 */
@Injectable()
export class LongPoll implements BeforeApplicationShutdown, WaitOwner {
  private readonly open = new OpenWaits();
  private readonly limits: CallerLimits;
  private isClosing = false;

  constructor(
    private readonly config: GatewayConfig,
    private readonly guard: AccessGuard,
    private readonly requests: TaskRequests,
    private readonly resolver: TaskResolver,
    private readonly tasks: TasksService,
    private readonly watches: TaskWatches,
  ) {
    this.limits = new CallerLimits(config.waits.perCaller, config.waits.max);
  }

  /** To be called before Nest registers its routes. */
  attachTo(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', (route) => {
      if (route.url !== TASK_ROUTE) return;
      const others = [route.preHandler ?? []].flat();
      route.preHandler = [(request, reply, done) => this.answer(request, reply, done), ...others];
    });
  }

  /** Everybody who waits is answered with what is known. */
  beforeApplicationShutdown(): void {
    this.isClosing = true;
    this.open.endAll();
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
    const began = Date.now();
    await this.guard.authenticate(request);
    const { named, caller, view, directives } = this.requests.read(request, 'task');
    const { signal, stop } = watchCaller(reply);
    const target = await this.resolver.resolve(named, caller, signal);
    const first = await this.tasks.find(target, caller, this.watches.directivesOf(target, directives), signal);
    const { principal } = caller;
    if (isAwaited(request, first, { view })) {
      applied(reply, seconds);
      return void sendTask(request, reply, first, view);
    }
    // Whoever may not wait polls.
    if (signal.aborted || this.isClosing || this.limits.enter(principal) !== 'entered')
      return void sendTask(request, reply, first, view);
    stop();
    applied(reply, seconds);
    slimDown(request, reply);
    const endsAt = Math.min(began + seconds * 1000 * (1 - EARLY * Math.random()), caller.endsAt ?? Infinity);
    const wait = new Wait(request, reply, { caller, view }, target, endsAt, this);
    wait.known = first.version;
    this.open.add(wait);
    this.watches.join(target, caller, first, wait);
  }

  onClosed(wait: Wait): void {
    this.limits.leave(wait.asked.caller.principal);
    this.open.delete(wait);
    wait.leave();
  }

  onEnd(wait: Wait, end: WaitEnd): void {
    this.open.delete(wait);
    const { request, reply, asked } = wait;
    // As from the hook, whose way on would hold 400 bytes for as long as the request waits.
    const fail = (problem: unknown): void => void reply.send(problem);
    if (end instanceof Problem) return fail(end);
    if ((asked.caller.endsAt ?? Infinity) <= Date.now()) return fail(invalidBearer());
    if (end !== 'over') return void sendTask(request, reply, end, asked.view);
    this.latest(wait).then((answer) => sendTask(request, reply, answer, asked.view), fail);
  }

  /** What is known at the end: the upstream is not asked for it, unless nothing may be shown otherwise. */
  private async latest({ target, asked: { caller }, failure, reply }: Wait): Promise<TaskAnswer> {
    const seen = await this.tasks.lastSeen(target, caller);
    if (failure !== null && failure.at > (seen?.observedAt ?? 0)) {
      const stale = await this.tasks.staleSeen(target, caller);
      if (stale === null) throw failure.problem;
      return stale;
    }
    return seen ?? this.tasks.find(target, caller, NO_DIRECTIVES, abortSignalOf(reply));
  }
}

/** `*` matches whatever there is; and what must not ask, or not be kept, is not asked for meanwhile. */
function canWait({ method, headers }: FastifyRequest): boolean {
  const { onlyIfCached, noStore } = cacheDirectives(headers['cache-control']);
  return method === 'GET' && !onlyIfCached && !noStore && headers['if-none-match']?.trim() !== '*';
}

function applied(reply: FastifyReply, seconds: number): void {
  reply.header('preference-applied', `wait=${seconds}`);
}
