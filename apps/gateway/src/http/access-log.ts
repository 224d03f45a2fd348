import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { principalOf } from '../access/caller.js';

/** Writes one line for each request, also for one whose caller left before the answer (status 499). */
export function installAccessLog(fastify: FastifyInstance, logger: Logger, isProvider: (id: string) => boolean): void {
  const write = (request: FastifyRequest, status: number, more: object): void => {
    const principal = principalOf(request);
    const { provider } = (request.params ?? {}) as { provider?: string };
    logger.info({
      requestId: request.id,
      method: request.method,
      // The pattern, not the URL: what callers put into a URL is theirs.
      route: request.routeOptions.url ?? null,
      ...(provider !== undefined && isProvider(provider) ? { provider } : {}),
      ...(principal === null ? {} : { principal }),
      status,
      ...more,
    });
  };
  fastify.addHook('onResponse', (request, reply: FastifyReply, done) => {
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    write(request, reply.statusCode, { cache: reply.getHeader('cache-status'), ms });
    done();
  });
  fastify.addHook('onRequestAbort', (request, done) => {
    write(request, 499, {});
    done();
  });
}
