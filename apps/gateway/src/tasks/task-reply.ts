import type { FastifyReply, FastifyRequest } from 'fastify';
import { matchesEtag } from './conditional-request.js';
import type { TaskAnswer } from './task-answer.js';

/** Sets what every reply about a task carries: validator, freshness, and how the cache took part (RFC 9211). */
export function setTaskHeaders(
  reply: FastifyReply,
  answer: TaskAnswer,
  etag: string,
  pollAfterSeconds: number | null,
): void {
  reply.header('etag', etag).header('cache-control', 'private, no-cache').header('cache-status', cacheStatus(answer));
  if (answer.source !== 'live')
    reply.header('age', Math.max(0, Math.floor((Date.now() - Date.parse(answer.observedAt)) / 1000)));
  if (pollAfterSeconds !== null) reply.header('retry-after', pollAfterSeconds);
}

/** Sends the body with the headers that describe it, or 304 where the reader has this version already. */
export function sendUnlessKnown(
  request: FastifyRequest,
  reply: FastifyReply,
  etag: string,
  headers: Readonly<Record<string, string>>,
  body: () => string,
): FastifyReply {
  if (!matchesEtag(request.headers['if-none-match'], etag)) return reply.headers(headers).send(body());
  reply.status(304);
  // For HEAD the framework measures what it is given: nothing would become a Content-Length of 0.
  return request.method === 'HEAD' ? reply.headers(headers).send(body()) : reply.send();
}

function cacheStatus({ cache }: TaskAnswer): string {
  switch (cache.kind) {
    case 'hit':
      return `task-gateway; hit; ttl=${cache.ttlSeconds}`;
    case 'stale':
      return 'task-gateway; fwd=stale; detail=stale-if-error';
    case 'miss':
      return `task-gateway; fwd=${cache.reason}${cache.stored ? '; stored' : ''}${cache.collapsed ? '; collapsed' : ''}`;
  }
}
