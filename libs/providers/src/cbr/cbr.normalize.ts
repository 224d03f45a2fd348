import {
  asCount,
  asNumber,
  asObject,
  asObjects,
  asText,
  completeTask,
  firstText,
  isObject,
  parseTime,
  statusOf,
  taskError,
} from '@gateway/tasks';
import type { JsonObject, NormalizeResult, TaskCounts, TaskData, TaskError, TaskResource } from '@gateway/tasks';
import { allResources } from '../families/sub-jobs.js';
import { CBR_FAILURES, CBR_RESOURCES, CBR_STATUSES, CBR_TASK_TYPES } from './cbr.vocabulary.js';
import type { CbrActions } from './cbr.vocabulary.js';

/** Reads an operation log; everything specific to its type is in `extra_info`. */
export function normalizeCbrLog(body: unknown): NormalizeResult {
  const log = isObject(body) ? body['operation_log'] : null;
  return isObject(log) ? { kind: 'task', task: readLog(log), artifact: null } : { kind: 'unrecognized' };
}

function readLog(log: JsonObject): TaskData {
  const extra = asObject(log['extra_info']);
  const upstreamStatus = asText(log['status']) ?? '';
  const status = statusOf(CBR_STATUSES, upstreamStatus);
  const type = asText(log['operation_type']);
  const known = type !== null && Object.hasOwn(CBR_TASK_TYPES, type) ? CBR_TASK_TYPES[type] : undefined;
  const counts = readCounts(extra);
  // Of what succeeded in part nobody knows which part.
  const actions = status === 'succeeded' && (counts?.failed ?? 0) === 0 ? known?.actions : undefined;
  return completeTask({
    id: asText(log['id']) ?? '',
    status,
    upstreamStatus,
    type,
    progress: { percent: asNumber(asObject(extra['common'])['progress']), step: null },
    createdAt: parseTime(log['created_at'], ['iso']),
    startedAt: parseTime(log['started_at'], ['iso']),
    updatedAt: parseTime(log['updated_at'], ['iso']),
    endedAt: parseTime(log['ended_at'], ['iso']),
    result: known === undefined ? extra : readResult(log, extra),
    error: readError(asObject(log['error_info']), upstreamStatus),
    resources: readResources(log, extra, actions),
    counts,
  });
}

/** The backup that an operation is about: each type has a place of its own for it. */
function readBackup(extra: JsonObject): { readonly id: string | null; readonly name: string | null } {
  const places = ['backup', 'restore', 'delete', 'replication'].map((place) => asObject(extra[place]));
  const first = (...members: readonly string[]) =>
    places.map((place) => firstText(place, ...members)).find((text) => text !== null) ?? null;
  return { id: first('backup_id', 'source_backup_id'), name: first('backup_name', 'source_backup_name') };
}

/** Documented as text. */
const BOOLEANS = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
  [true, true],
  [false, false],
]);

function readResult(log: JsonObject, extra: JsonObject): JsonObject {
  const resource = asObject(extra['resource']);
  const restore = asObject(extra['restore']);
  const replication = asObject(extra['replication']);
  const backup = readBackup(extra);
  const { incremental } = asObject(extra['backup']);
  return {
    vaultId: asText(log['vault_id']),
    vaultName: asText(log['vault_name']),
    policyId: asText(log['policy_id']),
    checkpointId: asText(log['checkpoint_id']),
    resourceType: asText(resource['type']),
    resourceId: asText(resource['id']),
    resourceName: asText(resource['name']),
    backupId: backup.id,
    backupName: backup.name,
    incremental: BOOLEANS.get(incremental) ?? null,
    targetId: asText(restore['target_resource_id']),
    targetName: asText(restore['target_resource_name']),
    destinationRegion: asText(replication['destination_region']),
    destinationProjectId: asText(replication['destination_project_id']),
    destinationBackupId: asText(replication['destination_backup_id']),
    destinationBackupName: asText(replication['destination_backup_name']),
    deletedBackups: asCount(asObject(extra['sync'])['delete_backup_num']),
  };
}

/** Code and text are empty where nothing went wrong; what took too long often has neither. */
function readError(info: JsonObject, upstreamStatus: string): TaskError {
  const error = taskError(asText(info['code']), asText(info['message']), CBR_FAILURES);
  return upstreamStatus === 'timeout' ? { ...error, code: 'TIMED_OUT' } : error;
}

/** Backups of a synchronization, or resources of a removal: there `total_count` holds those that failed as well. */
function readCounts(extra: JsonObject): TaskCounts | null {
  const sync = asObject(extra['sync']);
  const removal = [extra['remove_resources'], extra['vault_delete']].find(isObject) ?? {};
  const total = asCount(removal['total_count']);
  const failed = asCount(sync['err_sync_backup_num']) ?? asCount(removal['fail_count']);
  const succeeded = asCount(sync['sync_backup_num']) ?? (total === null ? null : Math.max(0, total - (failed ?? 0)));
  return succeeded === null && failed === null ? null : { succeeded: succeeded ?? 0, failed: failed ?? 0, ignored: 0 };
}

/** Everything that the log names, once: the backup, what it is of or restored to, the replica and the vault. */
function readResources(log: JsonObject, extra: JsonObject, actions: CbrActions = {}): readonly TaskResource[] {
  const resource = asObject(extra['resource']);
  const restore = asObject(extra['restore']);
  const replication = asObject(extra['replication']);
  const target = firstText(restore, 'target_resource_id') !== null;
  const backup = readBackup(extra);
  const removed = asObjects(asObject(extra['remove_resources'])['resources']);
  const named = [
    entry('backup', backup.id, backup.name, actions.backup),
    entry(
      typeOf(resource),
      target ? restore['target_resource_id'] : resource['id'],
      target ? restore['target_resource_name'] : resource['name'],
      actions.resource,
    ),
    ...removed.map((item) => entry(typeOf(item), item['id'], item['name'], actions.resource)),
    entry('backup', replication['destination_backup_id'], replication['destination_backup_name'], actions.destination),
    entry('vault', log['vault_id'], log['vault_name'], actions.vault),
  ].filter((found) => found !== null);
  return allResources(named);
}

function typeOf(resource: JsonObject): string | null {
  const type = asText(resource['type']) ?? '';
  return Object.hasOwn(CBR_RESOURCES, type) ? (CBR_RESOURCES[type] ?? null) : null;
}

function entry(type: string | null, id: unknown, name: unknown, action?: string): TaskResource | null {
  const [idText, nameText] = [asText(id), asText(name)];
  if (type === null || idText === null) return null;
  const more = { ...(nameText === null ? {} : { name: nameText }), ...(action === undefined ? {} : { action }) };
  return { type, id: idText, ...more };
}
