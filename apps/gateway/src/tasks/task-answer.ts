import type { StoredTask } from '@gateway/cache';
import type { Artifact, Task, TaskSource, TaskView } from '@gateway/tasks';
import { basicView, withSource } from './task-body.js';

/** How the cache took part in an answer (RFC 9211). */
export type CacheOutcome =
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
