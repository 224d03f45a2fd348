import { Inject, Injectable } from '@nestjs/common';
import { TaskCache } from '@gateway/cache';
import type { PurgeTarget } from '@gateway/cache';
import { Problem, validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import type { TaskAddress } from '@gateway/tasks';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { AUDIT_LOGGER } from '../http/logger.js';
import { queryViolations, readTaskQuery } from '../tasks/task-request.js';
import { TaskResolver } from '../tasks/task-resolver.js';

type Request = FastifyRequest<{ readonly Params: Readonly<Record<string, string>> }>;

/** A principal as access logs name it. */
const PRINCIPAL = /^[\w-]{43}$/;

/**
 * `DELETE /admin/cache/tasks/{provider}/{id}`, `/admin/cache/scopes/{provider}`, `/admin/cache/providers/{provider}` and
 * `/admin/proofs/{principal}`: forgets what is stored. The scope stands in the query, as callers name it. `200` when all
 * replicas know, `202` when only this one knows yet, because Redis cannot be reached.
 */
@Injectable()
export class PurgeRoutes {
  constructor(
    private readonly cache: TaskCache,
    private readonly references: TaskResolver,
    @Inject(AUDIT_LOGGER) private readonly logger: Logger,
  ) {}

  install(server: FastifyInstance): void {
    const on = (path: string, targetOf: (request: Request) => PurgeTarget): void => {
      server.delete(path, (request, reply) => this.purge(targetOf(request as Request), request, reply));
    };
    on('/admin/cache/tasks/:provider/:id', (request) => {
      const { provider = '', id = '' } = request.params;
      return { kind: 'task', address: this.addressOf(request, provider, id) };
    });
    on('/admin/cache/scopes/:provider', (request) => {
      const { provider = '' } = request.params;
      // A scope is named as any of its tasks is.
      return { kind: 'scope', address: this.addressOf(request, provider, null) };
    });
    on('/admin/cache/providers/:provider', ({ params: { provider = '' }, query }) => {
      const { id } = this.references.provider(provider);
      const violations = queryViolations(query);
      if (violations.length > 0) throw validationFailed(violations, id);
      return { kind: 'provider', provider: id };
    });
    on('/admin/proofs/:principal', ({ params: { principal = '' }, query }) => {
      const violations = queryViolations(query);
      if (!PRINCIPAL.test(principal))
        violations.push({ detail: `principal must match ${PRINCIPAL.source}`, parameter: 'principal' });
      if (violations.length > 0) throw validationFailed(violations);
      return { kind: 'principal', principal };
    });
  }

  private addressOf(request: Request, provider: string, id: string | null): TaskAddress {
    const violations: Violation[] = [];
    const scope = readTaskQuery(request.query, false, violations);
    const named = this.references.complete({ provider, id, ...scope }, violations);
    if (!named.projectByToken) return named.address;
    // Operators have no cloud token, whose project it would be.
    throw validationFailed([{ detail: 'projectId is required.', parameter: 'projectId' }], provider);
  }

  private async purge(target: PurgeTarget, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    let isEverywhere: boolean;
    try {
      isEverywhere = await this.cache.purge(target);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const detail = 'Too many purges are remembered already: purge a scope or a provider as a whole.';
      throw new Problem('rate-limited', { detail });
    }
    const purged = describe(target);
    this.logger.info({ audit: 'purge', requestId: request.id, target: purged, isEverywhere });
    return reply.status(isEverywhere ? 200 : 202).send({ purged, everywhere: isEverywhere });
  }
}

/** A target as replies and the audit log show it. */
function describe(target: PurgeTarget): object {
  if (target.kind !== 'task' && target.kind !== 'scope') return target;
  const { provider, region, projectId, instanceId, id } = target.address;
  const scope = { provider, region, projectId, instanceId };
  return target.kind === 'task' ? { kind: 'task', key: { ...scope, id } } : { kind: 'scope', scope };
}
