import type { FastifyReply, FastifyRequest } from 'fastify';
import { setHeaders } from '../http/hooks.js';
import { matchesEtag } from './conditional-request.js';
import type { CacheOutcome, TaskAnswer } from './task-answer.js';

/**
 * What every reply about a task carries: validator, freshness, and how the cache took part (RFC 9211). Names and values
 * take turns.
 */
export function taskHeaders(answer: TaskAnswer, etag: string, pollAfterSeconds: number | null): string[] {
  const headers = ['etag', etag, 'cache-control', 'private, no-cache', 'cache-status', cacheStatus(answer.cache)];
  if (answer.source !== 'live') headers.push('age', String(ageOf(answer)));
  if (pollAfterSeconds !== null) headers.push('retry-after', String(pollAfterSeconds));
  return headers;
}

/** Whole seconds since the upstream said it. */
function ageOf({ observedAt }: TaskAnswer): number {
  return Math.max(0, Math.floor((Date.now() - observedAt) / 1000));
}

/** Headers of a Task, names and values in turns. */
export const JSON_HEADERS: readonly string[] = ['content-type', 'application/json; charset=utf-8'];

/** Sends the body with the headers that describe it, or 304 where the reader has this version already. */
export function sendUnlessKnown(
  request: FastifyRequest,
  reply: FastifyReply,
  etag: string,
  headers: readonly string[],
  body: () => string,
): FastifyReply {
  const isKnown = matchesEtag(request.headers['if-none-match'], etag);
  if (isKnown) reply.status(304);
  // For HEAD the framework measures what it is given: nothing would become a Content-Length of 0.
  if (isKnown && request.method !== 'HEAD') return reply.send();
  setHeaders(reply, headers);
  return reply.send(body());
}

/** The field's value. */
export function cacheStatus(cache: CacheOutcome): string {
  switch (cache.kind) {
    case 'hit':
      return `task-gateway; hit; ttl=${cache.ttlSeconds}`;
    case 'done-before':
      return `task-gateway; fwd=${cache.reason}${cache.collapsed ? '; collapsed' : ''}; detail=done-before`;
    case 'stale':
      return 'task-gateway; fwd=stale; detail=stale-if-error';
    case 'miss':
      return `task-gateway; fwd=${cache.reason}${cache.stored ? '; stored' : ''}${cache.collapsed ? '; collapsed' : ''}`;
  }
}
