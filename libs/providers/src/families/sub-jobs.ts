import { taskError } from '@gateway/tasks';
import type { FailureTable, TaskCounts, TaskData, TaskError, TaskResource } from '@gateway/tasks';

/** The reason of a failed job: its own, else that of its first sub-job that has one. */
export function taskErrorOf(
  code: string | null,
  text: string | null,
  children: readonly TaskData[],
  failures?: FailureTable,
): TaskError {
  const reason = children.find(({ error }) => error !== null && (error.detail ?? error.upstream.code) !== null)?.error;
  return code === null && text === null && reason ? reason : taskError(code, text, failures);
}

/** Sub-jobs that have ended; null where none has. */
export function countChildren(children: readonly TaskData[]): TaskCounts | null {
  const ended = children.filter(({ done }) => done);
  const succeeded = ended.filter(({ outcome }) => outcome === 'success').length;
  return ended.length === 0 ? null : { succeeded, failed: ended.length - succeeded, ignored: 0 };
}

/** What a job names, and then what its sub-jobs name, each thing once. */
export function allResources(
  own: readonly TaskResource[],
  children: readonly TaskData[] = [],
): readonly TaskResource[] {
  const all = [...own, ...children.flatMap(({ resources }) => resources)];
  // A body has room for tens of thousands, which nobody may compare with each other.
  const first = new Map<string, TaskResource>();
  for (const resource of all) {
    const key = JSON.stringify([resource.type, resource.id]);
    if (!first.has(key)) first.set(key, resource);
  }
  return [...first.values()];
}
