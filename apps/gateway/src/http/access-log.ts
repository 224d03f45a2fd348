import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DestinationStream } from 'pino';
import { problemCode } from '@gateway/problems';
import type { Problem } from '@gateway/problems';
import { findProvider } from '@gateway/providers';
import { principalOf } from '../access/guard.js';
import type { OnEnd } from './hooks.js';
import { factsOf } from './request-context.js';

export interface AccessLog {
  /** Logs a request whose reply is out, or whose caller has gone. */
  readonly onEnd: OnEnd;
  /** Logs a reply that goes on for long when it begins, too: with `"stream":"open"`, and without milliseconds. */
  readonly onStream: (request: FastifyRequest, reply: FastifyReply) => void;
}

/** The {@link AccessLog}; null where no requests are logged. */
export const ACCESS_LOG = Symbol('access log');

/** Of an upstream's code, which is its own text, so many characters are logged. */
const MAX_CODE = 64;

export function accessLog(destination: DestinationStream): AccessLog {
  return {
    onEnd(request, reply, status, ms) {
      destination.write(lineOf(request, reply, status, msMember(ms)));
    },
    onStream(request, reply) {
      destination.write(lineOf(request, reply, reply.raw.statusCode, ',"stream":"open"'));
    },
  };
}

/**
 * Put together here: all but an upstream's code needs no escaping, and a logger that looks at every member would take half
 * as much again of what the log costs a stored answer (`npm run bench -- --suite hit`).
 */
function lineOf(request: FastifyRequest, reply: FastifyReply, status: number, more: string): string {
  const { region = null, problem } = factsOf(request);
  const { provider: given = '' } = (request.params ?? {}) as { provider?: string };
  // Nothing else of what callers put into a URL is logged.
  const provider = findProvider(given)?.id ?? null;
  // The pattern, not the URL; null where nothing is served.
  const { url: route = null } = request.routeOptions;
  const traceId = String(reply.getHeader('traceparent')).slice(3, 35);
  const cache = (reply.getHeader('cache-status') as string | undefined) ?? null;
  return (
    `{"level":30${isoTime()},"requestId":"${request.id}","traceId":"${traceId}","method":"${request.raw.method}",` +
    `"route":${route === null ? 'null' : `"${route}"`}${member('provider', provider)}` +
    `${member('region', region)}${member('principal', principalOf(request))},"status":${status}` +
    `${problem === undefined ? '' : causeOf(problem)}${member('cache', cache)}${more}}\n`
  );
}

function msMember(ms: number): string {
  return `,"ms":${Math.round(ms * 10) / 10}`;
}

function member(name: string, value: string | null): string {
  return value === null ? '' : `,"${name}":"${value}"`;
}

function causeOf({ slug, options: { upstream } }: Problem): string {
  const { status = null, code = null } = upstream ?? {};
  return (
    `,"code":"${problemCode(slug)}"${status === null ? '' : `,"upstreamStatus":${status}`}` +
    (code === null ? '' : `,"upstreamCode":${JSON.stringify(code.slice(0, MAX_CODE))}`)
  );
}

let latest = { ms: 0, text: '' };

/** A member with the time; many lines are written within one millisecond. */
function isoTime(): string {
  const ms = Date.now();
  if (ms !== latest.ms) latest = { ms, text: `,"time":"${new Date(ms).toISOString()}"` };
  return latest.text;
}
