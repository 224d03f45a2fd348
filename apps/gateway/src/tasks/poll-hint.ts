import type { Provider, TaskData } from '@gateway/tasks';

/**
 * Whole seconds until it is worth asking again; null when done. Grows with the age of a task, a tenth of it, between
 * the provider's bounds. What waits for a human or speaks an unknown word is looked at least often.
 */
export function pollAfterSeconds(
  task: Pick<TaskData, 'done' | 'status' | 'startedAt' | 'createdAt'>,
  { poll }: Pick<Provider, 'poll'>,
  now: number,
): number | null {
  if (task.done) return null;
  if (task.status === 'action_required' || task.status === 'unknown') return poll.maxSeconds;
  const began = task.startedAt ?? task.createdAt;
  if (began === null) return poll.minSeconds;
  const tenth = Math.floor((now - Date.parse(began)) / 10_000);
  return Math.min(poll.maxSeconds, Math.max(poll.minSeconds, tenth));
}
