import { asCount, asObject, asText, completeTask, isObject, parseTime, statusOf, taskError } from '@gateway/tasks';
import type { JsonObject, NormalizeResult, TaskResource, TaskStatus } from '@gateway/tasks';

/** Words of `status`, and of `conclusion` where the status is `completed`. */
export const RUN_STATUSES: Readonly<Record<string, TaskStatus>> = {
  queued: 'pending',
  requested: 'pending',
  pending: 'pending',
  // For the approval of a deployment.
  waiting: 'action_required',
  in_progress: 'running',
  success: 'succeeded',
  neutral: 'succeeded',
  failure: 'failed',
  startup_failure: 'failed',
  timed_out: 'failed',
  stale: 'failed',
  cancelled: 'cancelled',
  // Nothing was built, and nobody is to take it for a build.
  skipped: 'cancelled',
  // For the approval of the run itself: called completed before it has begun.
  action_required: 'action_required',
};

const TIMED_OUT: ReadonlySet<string> = new Set(['timed_out', 'stale']);

/** Reads one workflow run. Of one that is completed the conclusion is the state. */
export function normalizeRun(body: unknown): NormalizeResult {
  if (!isObject(body)) return { kind: 'unrecognized' };
  const word = asText(body['status']) ?? '';
  const conclusion = asText(body['conclusion']);
  const upstreamStatus = word === 'completed' ? (conclusion ?? word) : word;
  const updatedAt = parseTime(body['updated_at'], ['iso']);
  const task = completeTask({
    id: asText(body['id']) ?? '',
    status: statusOf(RUN_STATUSES, upstreamStatus),
    upstreamStatus,
    type: asText(body['event']),
    createdAt: parseTime(body['created_at'], ['iso']),
    startedAt: parseTime(body['run_started_at'], ['iso']),
    updatedAt,
    // A run names no end; the last change of one that is done is nearest.
    endedAt: updatedAt,
    result: readResult(body),
    // Why a job failed needs another request.
    ...(TIMED_OUT.has(upstreamStatus) ? { error: { ...taskError(null, null), code: 'TIMED_OUT' as const } } : {}),
    resources: readRepository(asObject(body['repository'])),
  });
  return { kind: 'task', task, artifact: null };
}

function readResult(body: JsonObject): JsonObject {
  return {
    name: asText(body['name']),
    title: asText(body['display_title']),
    branch: asText(body['head_branch']),
    sha: asText(body['head_sha']),
    attempt: asCount(body['run_attempt']),
    url: asText(body['html_url']),
  };
}

function readRepository(repository: JsonObject): readonly TaskResource[] {
  const id = asText(repository['id']);
  const name = asText(repository['full_name']);
  return id === null ? [] : [{ type: 'repository', id, ...(name === null ? {} : { name }) }];
}
