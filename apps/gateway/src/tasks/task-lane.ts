import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessGuard } from '../access/access.guard.js';
import type { ProblemFilter } from '../http/problem.filter.js';
import type { TasksController } from './tasks.controller.js';

/** What stands behind Nest's pipeline: the lane leads to the very same. */
export interface LaneEnd {
  readonly guard: AccessGuard;
  readonly controller: TasksController;
  readonly filter: ProblemFilter;
}

const HANDLERS = { '/tasks/:provider/:id': 'task', '/tasks/:provider/:id/artifact': 'artifact' } as const;

/**
 * Leads requests for a task past Nest's pipeline to the same guard, the same controller and the same filter. The pipeline
 * takes another fifth of what a stored answer costs (`npm run bench -- --suite hit`). A controller that no guard went
 * before refuses to answer. Installed before the routes are.
 */
export function installTaskLane(fastify: FastifyInstance, end: () => LaneEnd | undefined): void {
  fastify.addHook('onRoute', (route) => {
    const handler = (HANDLERS as Readonly<Record<string, 'task' | 'artifact' | undefined>>)[route.url];
    if (handler !== undefined && (route.method === 'GET' || route.method === 'HEAD'))
      route.preHandler = (request, reply, done) => {
        const parts = end();
        if (parts === undefined || !go(parts, handler, request, reply)) done();
      };
  });
}

/** False where the guard has to wait: that is Nest's to do. */
function go(
  { guard, controller, filter }: LaneEnd,
  handler: 'task' | 'artifact',
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  try {
    if (guard.admit(request, controller[handler]) !== true) return false;
    const answered = controller[handler](request, reply);
    if (answered instanceof Promise) answered.catch((error: unknown) => filter.write(error, request, reply));
  } catch (error) {
    filter.write(error, request, reply);
  }
  return true;
}
