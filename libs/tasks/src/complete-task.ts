import { redactObject } from './redact.js';
import type { TaskData, TaskError, TaskOutcome, TaskProgress, TaskStatus } from './task.js';

/** Of the states in which a task cannot change any more. */
const OUTCOMES: Partial<Record<TaskStatus, TaskOutcome>> = {
  succeeded: 'success',
  failed: 'failure',
  cancelled: 'cancelled',
};

export type PartialTask = Pick<TaskData, 'id' | 'status' | 'upstreamStatus'> &
  Partial<TaskData> & {
    /** Children that are only named, without a state. */
    readonly childIds?: readonly string[];
    /** False where its reader has taken secrets out of a result that is too large to be searched as a whole; true if left out. */
    readonly holdsSecrets?: boolean;
    /** Whether items failed where nobody says how many. */
    readonly itemsFailed?: boolean;
  };

/** Whether a task in this state can change no more. */
export function isDone(status: TaskStatus): boolean {
  return OUTCOMES[status] !== undefined;
}

/**
 * Applies the rules that hold for every provider to what one of them read: an end, a result or an error
 * only where the state allows it, results without secrets, whole percents, 100 only on success, `partial` when items of a success failed. Children that
 * are only named are done when their parent is, and take its status.
 */
export function completeTask(task: PartialTask): TaskData {
  const { status } = task;
  const done = isDone(status);
  const counts = task.counts ?? null;
  const named = (task.childIds ?? []).map((id) =>
    completeTask({ id, status: done ? status : 'unknown', upstreamStatus: '' }),
  );
  const children = [...(task.children ?? []), ...named];
  const itemsFailed =
    task.itemsFailed === true ||
    (counts?.failed ?? 0) > 0 ||
    children.some(({ outcome }) => outcome !== null && outcome !== 'success');
  return {
    id: task.id,
    status,
    done,
    outcome: itemsFailed && status === 'succeeded' ? 'partial' : (OUTCOMES[status] ?? null),
    upstreamStatus: task.upstreamStatus,
    type: task.type ?? null,
    progress: completeProgress(task.progress ?? null, status),
    createdAt: task.createdAt ?? null,
    startedAt: task.startedAt ?? null,
    updatedAt: task.updatedAt ?? null,
    endedAt: done ? (task.endedAt ?? null) : null,
    parameters: task.parameters ?? null,
    result: done && status !== 'failed' ? completeResult(task) : null,
    error: status === 'failed' ? (task.error ?? NO_REASON) : null,
    resources: task.resources ?? [],
    counts,
    children,
  };
}

/** Names, titles and addresses are free text, in results that a table describes as in others. */
function completeResult({ result = null, holdsSecrets = true }: PartialTask): TaskData['result'] {
  return result !== null && holdsSecrets ? redactObject(result) : result;
}

const NO_REASON: TaskError = { code: 'UNKNOWN', detail: null, upstream: { code: null } };

function completeProgress(progress: TaskProgress | null, status: TaskStatus): TaskProgress | null {
  if (progress === null) return null;
  const { percent: sent, step } = progress;
  // Some write -1 where they do not know.
  const percent = sent === null || sent < 0 ? null : Math.min(99, Math.round(sent));
  if (percent === null && step === null) return null;
  return { percent: status === 'succeeded' ? 100 : percent, step };
}
