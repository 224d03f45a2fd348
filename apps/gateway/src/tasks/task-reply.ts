import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Artifact, Task, TaskSource, TaskView } from '@gateway/tasks';
import type { StoredTask } from '@gateway/cache';
import { basicView, withSource } from './task-body.js';

/** How the cache took part in an answer (RFC 9211). */
type CacheOutcome =
  | { readonly kind: 'hit'; readonly ttlSeconds: number }
  | {
      readonly kind: 'miss';
      readonly reason: 'uri-miss' | 'request';
      readonly stored: boolean;
      /** Others had asked the same, and this one shares their answer. */
      readonly collapsed: boolean;
    }
  /** It was asked for, and the upstream is behind what is stored: a task that is done stays so. */
  | { readonly kind: 'done-before'; readonly reason: 'uri-miss' | 'request'; readonly collapsed: boolean }
  | { readonly kind: 'stale' };

/** An answer that is ready to be sent. */
export interface TaskAnswer {
  /** The Task in the full view, as JSON. */
  readonly body: string;
  readonly version: string;
  /** Epoch milliseconds. */
  readonly observedAt: number;
  readonly pollAfterSeconds: number | null;
  readonly artifact: Artifact | null;
  readonly source: TaskSource;
  readonly cache: CacheOutcome;
  /** The entry whose `body` this is; null where the body was drawn for this answer. */
  readonly entry: StoredTask | null;
}

/** What is stored, as an answer. `now` is in epoch milliseconds. */
export function hitOf(stored: StoredTask, now: number): TaskAnswer {
  const ttlSeconds = Math.max(0, Math.floor((stored.freshUntil - now) / 1000));
  const { body, version, observedAt, pollAfterSeconds, artifact } = stored;
  const cache = { kind: 'hit', ttlSeconds } as const;
  return { body, version, observedAt, pollAfterSeconds, artifact, source: 'cache', cache, entry: stored };
}

/** What is stored and no longer fresh, as an answer while the upstream is down. */
export function staleOf(stored: StoredTask): TaskAnswer {
  const task = JSON.parse(stored.body) as Task;
  return answerOf(stored, JSON.stringify(withSource(task, 'stale')), 'stale', { kind: 'stale' });
}

/** Whether the task goes on no more. */
export function isDone({ pollAfterSeconds }: Pick<TaskAnswer, 'pollAfterSeconds'>): boolean {
  return pollAfterSeconds === null;
}

export function answerOf(
  { version, observedAt, pollAfterSeconds, artifact }: Omit<TaskAnswer, 'body' | 'source' | 'cache' | 'entry'>,
  body: string,
  source: TaskSource,
  cache: CacheOutcome,
): TaskAnswer {
  return { body, version, observedAt, pollAfterSeconds, artifact, source, cache, entry: null };
}

/** From here on, in UTF-16 units, what a view leaves out is worth more memory than the view. */
const LARGE = 4_096;

/** Basic views of large tasks, for as long as these are stored: to find them in a megabyte takes ten milliseconds. */
const basicBodies = new WeakMap<StoredTask, string>();

/** Text of the Task in a view. */
export function bodyIn(view: TaskView, { body, entry }: TaskAnswer): string {
  if (view === 'full') return body;
  const known = entry === null ? undefined : basicBodies.get(entry);
  if (known !== undefined) return known;
  const basic = JSON.stringify(basicView(JSON.parse(body) as Task));
  if (entry !== null && body.length >= LARGE) basicBodies.set(entry, basic);
  return basic;
}

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

/** Whole seconds since the upstream was asked. */
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
