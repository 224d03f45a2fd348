import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DestinationStream } from 'pino';
import { principalOf } from '../access/caller.js';
import { isoTime } from './logger.js';

/**
 * Writes one line for each request, also for one whose caller left before the answer (status 499). The text is put
 * together here: nothing in it needs escaping, and a logger that looks at every member would take half as much again of
 * what the log costs a stored answer (`npm run bench -- --suite hit`).
 */
export function installAccessLog(
  fastify: FastifyInstance,
  destination: DestinationStream,
  isProvider: (id: string) => boolean,
): void {
  const write = (request: FastifyRequest, status: number, more: string): void => {
    const principal = principalOf(request);
    const { provider } = (request.params ?? {}) as { provider?: string };
    const { url: route } = request.routeOptions;
    destination.write(
      `{"level":30${isoTime()},"requestId":"${request.id}","method":"${request.raw.method ?? ''}",` +
        // The pattern, not the URL: what callers put into a URL is theirs.
        `"route":${route === undefined ? 'null' : `"${route}"`}` +
        (provider !== undefined && isProvider(provider) ? `,"provider":"${provider}"` : '') +
        (principal === null ? '' : `,"principal":"${principal}"`) +
        `,"status":${status}${more}}\n`,
    );
  };
  fastify.addHook('onResponse', (request, reply: FastifyReply, done) => {
    const cache = reply.getHeader('cache-status') as string | undefined;
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    write(request, reply.raw.statusCode, `${cache === undefined ? '' : `,"cache":"${cache}"`},"ms":${ms}`);
    done();
  });
  fastify.addHook('onRequestAbort', (request, done) => {
    write(request, 499, '');
    done();
  });
}
