import { useEffect, useState } from 'react';
import type { Task, TaskClient, TaskLink, TaskReference, WaitOptions } from './index.js';

export interface UseTaskResult {
  /** The last known one; undefined until there is one. */
  readonly task: Task | undefined;
  /** Why it is not followed any more; null while it is. */
  readonly error: Error | null;
  /**
   * `idle` without a reference, `pending` until the first state, `live` while the task is followed, `done` after it has
   * ended, however, and `error` where it cannot be followed.
   */
  readonly status: 'idle' | 'pending' | 'live' | 'done' | 'error';
}

const IDLE: UseTaskResult = { task: undefined, error: null, status: 'idle' };
const PENDING: UseTaskResult = { ...IDLE, status: 'pending' };

/**
 * A task as it lives, in React 18 or newer. It is followed while the component is mounted; all that follow tasks through one
 * client share its stream. Another reference, whichever object it comes in, begins anew.
 * @param ref null for none yet
 */
export function useTask(
  client: TaskClient,
  ref: TaskReference | TaskLink | null,
  { view, patience }: Pick<WaitOptions, 'view' | 'patience'> = {},
): UseTaskResult {
  // By value: callers write their references into the call. A version would keep the first state back.
  const { provider, id, region, projectId, instanceId } = (ref ?? {}) as TaskReference;
  const named = ref !== null && 'self' in ref ? { self: ref.self } : { provider, id, region, projectId, instanceId };
  const key = ref === null ? null : JSON.stringify([named, { view, patience }]);
  const [seen, setSeen] = useState({ client, key, state: PENDING });

  useEffect(() => {
    if (key === null) return undefined;
    const [waiter, options] = JSON.parse(key) as [TaskReference | TaskLink, WaitOptions];
    const leaving = new AbortController();
    const { signal } = leaving;
    const show = (task: Task): void =>
      setSeen({ client, key, state: { task, error: null, status: task.done ? 'done' : 'live' } });
    client.waitForTask(waiter, { ...options, signal, onUpdate: show }).catch((error: Error) => {
      if (signal.aborted) return;
      setSeen((last) => {
        const task = last.client === client && last.key === key ? last.state.task : undefined;
        return { client, key, state: { task, error, status: 'error' } };
      });
    });
    return () => leaving.abort();
  }, [client, key]);

  if (key === null) return IDLE;
  return seen.client === client && seen.key === key ? seen.state : PENDING;
}
