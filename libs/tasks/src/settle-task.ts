import type { TaskError, TaskFacts, TaskOutcome, TaskProgress, TaskStatus } from './task.js';

const DONE: ReadonlySet<TaskStatus> = new Set(['succeeded', 'failed', 'cancelled']);

export type TaskReport = Pick<TaskFacts, 'id' | 'status' | 'upstreamStatus'> &
  Partial<TaskFacts> & {
    /** Children that are only named, without a state. */
    readonly childIds?: readonly string[];
  };

/** Whether a task in this state can still change. */
export function isDone(status: TaskStatus): boolean {
  return DONE.has(status);
}

/**
 * Applies the rules that hold for every provider to what one of them reported: an end, a result or an error
 * only where the state allows it, 100 percent only on success, `partial` when items of a success failed. Children that
 * are only named are done when their parent is, and take its status.
 */
export function settleTask(report: TaskReport): TaskFacts {
  const { status } = report;
  const done = isDone(status);
  const counts = report.counts ?? null;
  const named = (report.childIds ?? []).map((id) =>
    settleTask({ id, status: done ? status : 'unknown', upstreamStatus: '' }),
  );
  const children = [...(report.children ?? []), ...named];
  const itemsFailed =
    (counts?.failed ?? 0) > 0 || children.some(({ outcome }) => outcome !== null && outcome !== 'success');
  return {
    id: report.id,
    status,
    done,
    outcome: outcomeOf(status, itemsFailed),
    upstreamStatus: report.upstreamStatus,
    type: report.type ?? null,
    progress: settleProgress(report.progress ?? null, status),
    createdAt: report.createdAt ?? null,
    startedAt: report.startedAt ?? null,
    updatedAt: report.updatedAt ?? null,
    endedAt: done ? (report.endedAt ?? null) : null,
    parameters: report.parameters ?? null,
    result: done && status !== 'failed' ? (report.result ?? null) : null,
    error: status === 'failed' ? (report.error ?? NO_REASON) : null,
    resources: report.resources ?? [],
    counts,
    children,
  };
}

const NO_REASON: TaskError = { code: 'UNKNOWN', detail: null, upstream: { code: null } };

function outcomeOf(status: TaskStatus, itemsFailed: boolean): TaskOutcome | null {
  switch (status) {
    case 'succeeded':
      return itemsFailed ? 'partial' : 'success';
    case 'failed':
      return 'failure';
    case 'cancelled':
      return 'cancelled';
    default:
      return null;
  }
}

function settleProgress(progress: TaskProgress | null, status: TaskStatus): TaskProgress | null {
  if (progress === null || (progress.percent === null && progress.step === null)) return null;
  if (status === 'succeeded') return { ...progress, percent: 100 };
  return { ...progress, percent: progress.percent === null ? null : Math.min(99, Math.max(0, progress.percent)) };
}
