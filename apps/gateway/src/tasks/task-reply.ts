import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TaskView } from '@gateway/tasks';
import { bodyIn } from './task-answer.js';
import type { CacheOutcome, TaskAnswer } from './task-answer.js';

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** Replies with the Task in a view, or with 304 where the caller has this version already. */
export function sendTask(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: TaskAnswer,
  view: TaskView,
): FastifyReply {
  const etag = etagOf(answer.version, view);
  setTaskHeaders(reply, answer, etag);
  if (answer.pollAfterSeconds !== null) reply.header('retry-after', String(answer.pollAfterSeconds));
  return sendUnlessKnown(request, reply, etag, JSON_HEADERS, () => bodyIn(view, answer));
}

/** Weak validator (RFC 9110): the same task may be drawn with another source or poll hint. */
export function etagOf(version: string, view: TaskView): string {
  return `W/"${view === 'full' ? version : `${version}.${view}`}"`;
}

/** What every reply about a task carries: validator, freshness, and how the cache took part (RFC 9211). */
export function setTaskHeaders(reply: FastifyReply, answer: TaskAnswer, etag: string): void {
  reply.header('etag', etag);
  reply.header('cache-control', 'private, no-cache');
  reply.header('cache-status', cacheStatus(answer.cache));
  if (answer.source !== 'live') reply.header('age', String(ageOf(answer)));
}

/** Whole seconds since the upstream said it. */
function ageOf({ observedAt }: TaskAnswer): number {
  return Math.max(0, Math.floor((Date.now() - observedAt) / 1000));
}

/** Sends the body with the headers that describe it, or 304 where the caller has this version already. */
export function sendUnlessKnown(
  request: FastifyRequest,
  reply: FastifyReply,
  etag: string,
  headers: Readonly<Record<string, string>>,
  body: () => string,
): FastifyReply {
  const isKnown = matchesEtag(request.headers['if-none-match'], etag);
  if (isKnown) reply.status(304);
  // For HEAD the framework measures what it is given: nothing would become a Content-Length of 0.
  if (isKnown && request.method !== 'HEAD') return reply.send();
  return reply.headers(headers).send(body());
}

/** The field's value. */
function cacheStatus(cache: CacheOutcome): string {
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

/**
 * Whether an `If-None-Match` field (RFC 9110, 13.1.2) names this validator: a list or `*`, compared weakly.
 * A field that is no list of entity tags matches nothing.
 */
export function matchesEtag(field: string | undefined, etag: string): boolean {
  if (field === undefined) return false;
  // What nearly everybody sends.
  if (field === etag) return true;
  if (field.trim() === '*') return true;
  const opaque = etag.replace(/^W\//, '');
  const tags = LIST.test(field) ? field.match(TAG) : null;
  return tags?.some((tag) => tag.replace(/^W\//, '') === opaque) ?? false;
}

/** Empty members of a list are to be ignored (RFC 9110, 5.6.1). */
const LIST = /^[\s,]*(?:(?:W\/)?"[\x21\x23-\x7e\x80-\uffff]*"\s*(?:,[\s,]*|$))+$/;
const TAG = /(?:W\/)?"[^"]*"/g;
