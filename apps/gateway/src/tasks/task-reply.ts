import type { FastifyReply } from 'fastify';
import type { TaskAnswer } from './tasks.service.js';
import { matchesEtag } from './conditional-request.js';

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

/** Sends 304 where the reader has this version already. */
export function sendUnlessKnown(
  reply: FastifyReply,
  ifNoneMatch: string | undefined,
  etag: string,
  send: () => FastifyReply,
): FastifyReply {
  return matchesEtag(ifNoneMatch, etag) ? reply.status(304).send() : send();
}

function cacheStatus({ cache }: TaskAnswer): string {
  if (cache.kind === 'hit') return `task-gateway; hit; ttl=${cache.ttlSeconds}`;
  return `task-gateway; fwd=${cache.reason}${cache.stored ? '; stored' : ''}`;
}
