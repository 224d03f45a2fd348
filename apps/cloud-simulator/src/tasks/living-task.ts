export const OUTCOMES = ['succeeded', 'partial', 'failed', 'cancelled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A task that waits, runs and ends by the simulator's clock. Times in milliseconds since 1970. */
export interface LivingTask {
  /** Id of the provider. */
  readonly service: string;
  readonly id: string;
  readonly projectId: string;
  /** Null for services whose tasks belong to no instance. */
  readonly instanceId: string | null;
  /** Empty for services that name none. */
  readonly type: string;
  readonly outcome: Outcome;
  readonly createdAt: number;
  /** Before this the service does not know the task yet. */
  readonly visibleAt: number;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** How far a task is at one moment. */
export interface TaskMoment {
  readonly task: LivingTask;
  readonly phase: 'queued' | 'running' | Outcome;
  /** Share of the running time that has passed, 0 to 1. */
  readonly progress: number;
}

/** What can be seen of a task; null while it is not visible yet. */
export function momentOf(task: LivingTask, now: number): TaskMoment | null {
  if (now < task.visibleAt) return null;
  if (now >= task.endsAt) return { task, phase: task.outcome, progress: 1 };
  if (now < task.startsAt) return { task, phase: 'queued', progress: 0 };
  return { task, phase: 'running', progress: (now - task.startsAt) / (task.endsAt - task.startsAt) };
}
