import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DestinationStream } from 'pino';
import { problemCode } from '@gateway/problems';
import type { Problem } from '@gateway/problems';
import { principalOf } from '../access/caller.js';
import { isoTime } from './logger.js';
import { factsOf } from './request-facts.js';

/** What is logged of a request. */
export interface AccessEntry {
  readonly requestId: string;
  /** Of the reply (W3C Trace Context): its trace id is logged. */
  readonly traceparent: string;
  readonly method: string;
  /** The pattern, not the URL: what callers put into a URL is theirs. Null where nothing is served. */
  readonly route: string | null;
  /** One of those that there are. */
  readonly provider: string | null;
  readonly region: string | null;
  readonly principal: string | null;
  /** 499 when the caller left before the answer. */
  readonly status: number;
  /** What was answered instead of what was asked for: its code is logged, and status and code of the upstream. */
  readonly problem: Problem | null;
  /** `Cache-Status` of the reply. */
  readonly cache: string | null;
  /** Milliseconds from the request to the reply. */
  readonly ms: number;
}

export type AccessLog = (entry: AccessEntry) => void;

/** Of an upstream's code, which is its own text, so many characters are logged. */
const MAX_CODE = 64;

/**
 * Writes one line for each request. The text is put together here: all but an upstream's code needs no escaping, and a
 * logger that looks at every member would take half as much again of what the log costs a stored answer
 * (`npm run bench -- --suite hit`).
 */
export function accessLog(destination: DestinationStream): AccessLog {
  const member = (name: string, value: string | null): string => (value === null ? '' : `,"${name}":"${value}"`);
  return ({ requestId, traceparent, method, route, provider, region, principal, status, problem, cache, ms }) => {
    destination.write(
      `{"level":30${isoTime()},"requestId":"${requestId}","traceId":"${traceparent.slice(3, 35)}","method":"${method}",` +
        `"route":${route === null ? 'null' : `"${route}"`}${member('provider', provider)}${member('region', region)}` +
        `${member('principal', principal)},"status":${status}${problem === null ? '' : causeOf(problem)}` +
        `${member('cache', cache)},"ms":${Math.round(ms * 10) / 10}}\n`,
    );
  };
}

function causeOf({ slug, options: { upstream } }: Problem): string {
  const { status = null, code = null } = upstream ?? {};
  return (
    `,"code":"${problemCode(slug)}"${status === null ? '' : `,"upstreamStatus":${status}`}` +
    (code === null ? '' : `,"upstreamCode":${JSON.stringify(code.slice(0, MAX_CODE))}`)
  );
}

/** Logs what the framework answers, and whom it could not answer any more. */
export function installAccessLog(fastify: FastifyInstance, log: AccessLog, isProvider: (id: string) => boolean): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    logAtEnd(request, reply, log, isProvider);
    done();
  });
}

/** Logs a request when its reply is out, or its caller has gone. */
export function logAtEnd(
  request: FastifyRequest,
  reply: FastifyReply,
  log: AccessLog,
  isProvider: (id: string) => boolean,
): void {
  const began = performance.now();
  const { raw } = reply;
  // The end of the reply, not of the request: one without a body has ended when it is there.
  raw.once('close', () => {
    const { provider = '' } = (request.params ?? {}) as { provider?: string };
    const { region = null, problem = null } = factsOf(request);
    log({
      requestId: request.id,
      traceparent: String(reply.getHeader('traceparent')),
      method: request.raw.method ?? '',
      route: request.routeOptions.url ?? null,
      provider: isProvider(provider) ? provider : null,
      region,
      principal: principalOf(request),
      status: raw.writableFinished ? raw.statusCode : 499,
      problem,
      cache: (reply.getHeader('cache-status') as string | undefined) ?? null,
      ms: performance.now() - began,
    });
  });
}
