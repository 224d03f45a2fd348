import type { StoredTask } from '@gateway/cache';
import type { Artifact, Task, TaskSource, TaskView } from '@gateway/tasks';
import { basicView, withSource } from './present-task.js';

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
}

/** What is stored, as an answer. `now` is in epoch milliseconds. */
export function hitOf(stored: StoredTask, now: number): TaskAnswer {
  const ttlSeconds = Math.max(0, Math.floor((stored.freshUntil - now) / 1000));
  return answerOf(stored, stored.body, 'cache', { kind: 'hit', ttlSeconds });
}

/** What is stored and no longer fresh, as an answer while the upstream is down. */
export function staleOf(stored: StoredTask): TaskAnswer {
  const task = JSON.parse(stored.body) as Task;
  return answerOf(stored, JSON.stringify(withSource(task, 'stale')), 'stale', { kind: 'stale' });
}

export function answerOf(
  { version, observedAt, pollAfterSeconds, artifact }: Omit<TaskAnswer, 'body' | 'source' | 'cache'>,
  body: string,
  source: TaskSource,
  cache: CacheOutcome,
): TaskAnswer {
  return { body, version, observedAt, pollAfterSeconds, artifact, source, cache };
}

/** Text of the Task in a view. */
export function bodyIn(view: TaskView, { body }: TaskAnswer): string {
  return view === 'full' ? body : JSON.stringify(basicView(JSON.parse(body) as Task));
}
