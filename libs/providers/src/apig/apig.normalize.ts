import {
  asObject,
  asObjects,
  asText,
  firstText,
  isObject,
  parseEmbedded,
  redactLoose,
  redactTextOrNull,
  completeTask,
  statusOf,
  taskError,
} from '@gateway/tasks';
import type { JsonObject, TaskCounts, NormalizeResult, PartialTask, TaskResource } from '@gateway/tasks';
import { APIG_FAILURES, APIG_STATUSES } from './apig.vocabulary.js';
import { readExport } from './apig.export.js';

/** Reads an APIG asynchronous task: flat, without times or progress, its outcome as JSON inside the string `task_result`. */
export function normalizeApigTask(body: unknown, id: string): NormalizeResult {
  if (!isObject(body)) return { kind: 'unrecognized' };
  const upstreamStatus = asText(body['task_status']) ?? '';
  const type = asText(body['task_type']);
  const report = {
    id: asText(body['task_id']) ?? '',
    status: statusOf(APIG_STATUSES, upstreamStatus),
    upstreamStatus,
    type,
  };
  const outcome = body['task_result'];
  switch (report.status) {
    case 'succeeded': {
      if (type === 'export_api') {
        const { result, artifact } = readExport(outcome, id);
        return { kind: 'task', task: completeTask({ ...report, result }), artifact };
      }
      const imported = type === 'import_api' ? readImport(outcome) : { result: redactLoose(outcome) };
      return { kind: 'task', task: completeTask({ ...report, ...imported }), artifact: null };
    }
    case 'failed':
      return { kind: 'task', task: completeTask({ ...report, ...readFailure(outcome) }), artifact: null };
    default:
      return { kind: 'task', task: completeTask(report), artifact: null };
  }
}

const NOTHING_IMPORTED = { groupId: null, document: null, succeeded: [], failed: [], ignored: [] };

function readImport(outcome: unknown): Partial<PartialTask> {
  const parsed = parseEmbedded(outcome);
  if (!isObject(parsed)) {
    const unread = redactLoose(outcome);
    return { result: unread === null ? null : { ...NOTHING_IMPORTED, unread } };
  }
  const succeeded = asObjects(parsed['success']).map((api) => ({
    ...readApi(api),
    id: asPlain(api['id']),
    action: asPlain(api['action']),
  }));
  const failed = asObjects(parsed['failure']).map((api) => ({
    ...readApi(api),
    error: taskError(asText(api['error_code']), asText(api['error_msg']), APIG_FAILURES),
  }));
  const ignored = asObjects(parsed['ignore']).map(readApi);
  const groupId = asPlain(parsed['group_id']);
  const document = isObject(parsed['swagger'])
    ? { id: asPlain(parsed['swagger']['id']), result: asPlain(parsed['swagger']['result']) }
    : null;
  return {
    holdsSecrets: false,
    result: { groupId, document, succeeded, failed, ignored, unread: null },
    resources: [...succeeded.flatMap(apiResource), ...(groupId === null ? [] : [{ type: 'api_group', id: groupId }])],
    counts: countItems(parsed),
  };
}

function readFailure(outcome: unknown): Partial<PartialTask> {
  const parsed = parseEmbedded(outcome);
  if (!isObject(parsed)) return { error: taskError(null, asText(outcome), APIG_FAILURES) };
  const refused = asObjects(parsed['failure'])[0] ?? {};
  const nested = asObject(parsed['error']);
  const code =
    firstText(parsed, 'error_code', 'code') ??
    firstText(nested, 'code', 'error_code') ??
    firstText(refused, 'error_code');
  const text =
    firstText(parsed, 'error_msg', 'message') ??
    firstText(nested, 'message', 'error_msg') ??
    firstText(refused, 'error_msg');
  return { error: taskError(code, text, APIG_FAILURES), counts: countItems(parsed) };
}

function countItems(outcome: JsonObject): TaskCounts | null {
  if (!['success', 'failure', 'ignore'].some((list) => Array.isArray(outcome[list]))) return null;
  return {
    succeeded: asObjects(outcome['success']).length,
    failed: asObjects(outcome['failure']).length,
    ignored: asObjects(outcome['ignore']).length,
  };
}

/** An import lists thousands of ids, methods and paths: what is plainly one of them is not searched for secrets. */
function asPlain(value: unknown): string | null {
  const text = asText(value);
  return text === null || /^[\w./{}*:-]{0,512}$/.test(text) ? text : redactTextOrNull(text);
}

interface ApiCall {
  readonly method: string | null;
  readonly path: string | null;
}

function readApi(api: JsonObject): ApiCall {
  return { method: asPlain(api['method']), path: asPlain(api['path']) };
}

function apiResource(api: ApiCall & { id: string | null; action: string | null }): readonly TaskResource[] {
  if (api.id === null) return [];
  const name = [api.method, api.path].filter((part) => part !== null).join(' ');
  return [
    {
      type: 'api',
      id: api.id,
      ...(name === '' ? {} : { name }),
      ...(api.action === null ? {} : { action: api.action }),
    },
  ];
}
