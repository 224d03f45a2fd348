import type { FastifyInstance } from 'fastify';
import type { DestinationStream } from 'pino';
import { principalOf } from '../access/caller.js';
import { isoTime } from './logger.js';

/** What is logged of a request. */
export interface AccessEntry {
  readonly requestId: string;
  readonly method: string;
  /** The pattern, not the URL: what callers put into a URL is theirs. Null where nothing is served. */
  readonly route: string | null;
  /** One of those that there are. */
  readonly provider: string | null;
  readonly principal: string | null;
  /** 499 when the caller left before the answer. */
  readonly status: number;
  /** `Cache-Status` of the reply. */
  readonly cache: string | null;
  /** Milliseconds from the request to the reply. */
  readonly ms: number;
}

export type AccessLog = (entry: AccessEntry) => void;

/**
 * Writes one line for each request. The text is put together here: nothing in it needs escaping, and a logger that looks
 * at every member would take half as much again of what the log costs a stored answer (`npm run bench -- --suite hit`).
 */
export function accessLog(destination: DestinationStream): AccessLog {
  const member = (name: string, value: string | null): string => (value === null ? '' : `,"${name}":"${value}"`);
  return ({ requestId, method, route, provider, principal, status, cache, ms }) => {
    destination.write(
      `{"level":30${isoTime()},"requestId":"${requestId}","method":"${method}",` +
        `"route":${route === null ? 'null' : `"${route}"`}${member('provider', provider)}${member('principal', principal)}` +
        `,"status":${status}${member('cache', cache)},"ms":${Math.round(ms * 10) / 10}}\n`,
    );
  };
}

/** Logs what the framework answers, and whom it could not answer any more. */
export function installAccessLog(fastify: FastifyInstance, log: AccessLog, isProvider: (id: string) => boolean): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const began = performance.now();
    const { raw } = reply;
    // The end of the reply, not of the request: one without a body has ended when it is there.
    raw.once('close', () => {
      const { provider = '' } = (request.params ?? {}) as { provider?: string };
      log({
        requestId: request.id,
        method: request.raw.method ?? '',
        route: request.routeOptions.url ?? null,
        provider: isProvider(provider) ? provider : null,
        principal: principalOf(request),
        status: raw.writableFinished ? raw.statusCode : 499,
        cache: (reply.getHeader('cache-status') as string | undefined) ?? null,
        ms: performance.now() - began,
      });
    });
    done();
  });
}
