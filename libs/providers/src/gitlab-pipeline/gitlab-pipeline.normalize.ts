import { asNumber, asObject, asText, completeTask, isObject, parseTime, statusOf, taskError } from '@gateway/tasks';
import type { JsonObject, NormalizeResult, TaskError, TaskStatus } from '@gateway/tasks';

export const PIPELINE_STATUSES: Readonly<Record<string, TaskStatus>> = {
  created: 'pending',
  waiting_for_resource: 'pending',
  preparing: 'pending',
  pending: 'pending',
  scheduled: 'pending',
  running: 'running',
  waiting_for_callback: 'running',
  canceling: 'running',
  manual: 'action_required',
  success: 'succeeded',
  failed: 'failed',
  canceled: 'cancelled',
  // Nothing was built, and nobody is to take it for a build.
  skipped: 'cancelled',
};

/** Reads one pipeline. */
export function normalizePipeline(body: unknown): NormalizeResult {
  if (!isObject(body)) return { kind: 'unrecognized' };
  const upstreamStatus = asText(body['status']) ?? '';
  const projectId = asText(body['project_id']);
  const task = completeTask({
    id: asText(body['id']) ?? '',
    status: statusOf(PIPELINE_STATUSES, upstreamStatus),
    upstreamStatus,
    type: asText(body['source']),
    createdAt: parseTime(body['created_at'], ['iso']),
    startedAt: parseTime(body['started_at'], ['iso']),
    updatedAt: parseTime(body['updated_at'], ['iso']),
    // Left from before a retry while the pipeline runs again: an end only where it is done.
    endedAt: parseTime(body['finished_at'], ['iso']),
    result: readResult(body),
    ...readReason(body['yaml_errors']),
    itemsFailed: hasWarnings(asObject(body['detailed_status'])),
    resources: projectId === null ? [] : [{ type: 'project', id: projectId }],
  });
  return { kind: 'task', task, artifact: null };
}

function readResult(body: JsonObject): JsonObject {
  const { tag } = body;
  return {
    ref: asText(body['ref']),
    sha: asText(body['sha']),
    tag: typeof tag === 'boolean' ? tag : null,
    coverage: asNumber(body['coverage']),
    durationSeconds: asNumber(body['duration']),
    url: asText(body['web_url']),
  };
}

/** Only a definition that is broken tells its reason here; that of a job needs another request. */
function readReason(yamlErrors: unknown): { readonly error?: TaskError } {
  const text = asText(yamlErrors);
  return text === null ? {} : { error: { ...taskError(null, text), code: 'INVALID_REQUEST' } };
}

/** Whether jobs failed that may fail; the word has had a hyphen or an underscore. */
function hasWarnings({ group, label }: JsonObject): boolean {
  return /^success[-_]with[-_]warnings$/.test(asText(group) ?? '') || asText(label) === 'passed with warnings';
}
