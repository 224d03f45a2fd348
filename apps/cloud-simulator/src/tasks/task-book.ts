import type { LivingTask } from './living-task.js';

/** The living tasks; a task with the id of an older one of the same service replaces it. */
export interface TaskBook {
  readonly put: (task: LivingTask) => void;
  readonly find: (service: string, id: string) => LivingTask | null;
  readonly reset: () => void;
}

export function createTaskBook(): TaskBook {
  const tasks = new Map<string, LivingTask>();
  const keyOf = (service: string, id: string): string => `${service}/${id}`;
  return {
    put: (task) => void tasks.set(keyOf(task.service, task.id), task),
    find: (service, id) => tasks.get(keyOf(service, id)) ?? null,
    reset: () => tasks.clear(),
  };
}
