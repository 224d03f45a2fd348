import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { AccessGuard } from '../access/guard.js';
import type { TaskAnswer } from './task-reply.js';
import { sendTask } from './task-reply.js';
import { TaskRequests } from './task-request.js';
import { TaskResolver } from './task-resolver.js';
import { TasksService } from './tasks.service.js';

/** As Nest registers it for the controller. */
export const TASK_ROUTE = '/tasks/:provider/:id';

/**
 * Answers what is stored in a hook of the task's route: Nest's own way to the controller takes about as long as all the
 * rest of such an answer (`npm run bench -- --suite hit`). Whatever is not stored goes on to the controller.
 */
@Injectable()
export class ExpressRoute {
  constructor(
    private readonly guard: AccessGuard,
    private readonly requests: TaskRequests,
    private readonly resolver: TaskResolver,
    private readonly tasks: TasksService,
  ) {}

  /** To be called before Nest registers its routes. */
  attachTo(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', (route) => {
      if (route.url === TASK_ROUTE) route.preHandler = (request, reply, done) => this.answer(request, reply, done);
    });
  }

  private answer(request: FastifyRequest, reply: FastifyReply, pass: HookHandlerDoneFunction): void {
    // Nothing is stored yet of most other URLs: Redis would be asked once more for each of them.
    if (!this.requests.isKnown(request)) return pass();
    const authentication = this.guard.authenticate(request, reply);
    if (!(authentication instanceof Promise)) return this.answerFromCache(request, reply, pass);
    authentication.then(() => this.answerFromCache(request, reply, pass)).catch(pass);
  }

  private answerFromCache(request: FastifyRequest, reply: FastifyReply, pass: HookHandlerDoneFunction): void {
    const { named, caller, view, directives } = this.requests.read(request, 'task');
    const target = this.resolver.targetOf(named, caller);
    const cached = target === null ? null : this.tasks.getCached(target, caller, directives);
    const send = (answer: TaskAnswer | null): void => {
      if (answer === null) pass();
      else sendTask(request, reply, answer, view);
    };
    if (cached instanceof Promise) cached.then(send).catch(pass);
    else send(cached);
  }
}
