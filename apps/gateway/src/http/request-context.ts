import { randomFillSync, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '@gateway/problems';

/** Takes a well-formed `X-Request-Id` over, or makes one: 1 to 128 letters, digits and `._~-`. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._~-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Takes a well-formed `traceparent` (W3C Trace Context) over, or makes one that is not sampled. */
export function traceparent({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = givenTraceparent(headers);
  if (given !== null) return given;
  const ids = randomHex();
  return `00-${ids.slice(0, 32)}-${ids.slice(32)}-00`;
}

/** The well-formed `traceparent` of a request; null for any other, and for none. */
export function givenTraceparent(headers: IncomingMessage['headers']): string | null {
  const given = headers['traceparent'];
  return typeof given === 'string' && isTraceparent(given) ? given : null;
}

/** Bytes of a trace id and a parent id. */
const ID_BYTES = 24;
const pool = Buffer.alloc(ID_BYTES * 256);
let drawn = pool.length;

/** Drawn from the system in large portions: each draw costs more than all the rest of a name. */
function randomHex(): string {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += ID_BYTES;
  return pool.toString('hex', drawn - ID_BYTES, drawn);
}

function isTraceparent(text: string): boolean {
  const match = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(text);
  if (match === null) return false;
  const [, version, trace = '', parent = '', rest] = match;
  return /[^0]/.test(trace) && /[^0]/.test(parent) && (version !== '00' || rest === undefined);
}

/** Facts about a request that are found on its way, for its line in the log. */
interface RequestFacts {
  /** Names it in problems where its id is no UUID. */
  uuid?: string;
  /** A configured one. */
  region?: string;
  /** What it was answered. */
  problem?: Problem;
}

const FACTS = Symbol('facts of a request');
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Written by whatever finds something out. */
export function factsOf(request: FastifyRequest & { [FACTS]?: RequestFacts }): RequestFacts {
  return (request[FACTS] ??= {});
}

/** The same UUID in all problems of one request. */
export function uuidOf(request: FastifyRequest): string {
  return UUID.test(request.id) ? request.id : (factsOf(request).uuid ??= randomUUID());
}

/** The reason of an abort when the caller has gone: nobody waits for a reply. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone';
}

/** Aborts when the connection closes before the reply is out, or has closed already. */
export function abortSignalOf(reply: FastifyReply): AbortSignal {
  return watchCaller(reply).signal;
}

/** The same, until it is not needed any more: for requests that stay long after their work. */
export function watchCaller({ raw }: FastifyReply): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const end = (): void => {
    if (!raw.writableFinished) controller.abort(new CallerGone('the caller has gone'));
  };
  if (raw.destroyed) end();
  else raw.on('close', end);
  return { signal: controller.signal, stop: () => void raw.off('close', end) };
}

/** Lets go of what a request that stays for long holds without need. What came with it can be read from `headers` only. */
export function slimDown(request: FastifyRequest, reply: FastifyReply): void {
  request.raw.rawHeaders = NONE;
  request.query = NOTHING;
  request.body = undefined;
  // Texts that were put together are trees of their parts, for an id of 600 bytes, until an expression reads them.
  for (const text of [request.id, String(reply.getHeader('traceparent'))]) WHOLE.test(text);
}

/** Shared by all. */
const NONE: string[] = [];
const NOTHING = Object.freeze({});
const WHOLE = /^/;

/** Runs what comes before a reply that goes on for long. @param work its signal aborts when the caller goes meanwhile */
export async function whileHere<T>(reply: FastifyReply, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal, stop } = watchCaller(reply);
  try {
    return await work(signal);
  } finally {
    stop();
  }
}
