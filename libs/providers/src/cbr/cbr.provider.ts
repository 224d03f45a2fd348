import { errorRules, SCOPE_PATTERN, taskTypesOf } from '@gateway/tasks';
import type { Provider, ResultSchema } from '@gateway/tasks';
import { normalizeCbrLog } from './cbr.normalize.js';
import { CBR_RESULT, CBR_STATUSES, CBR_TASK_TYPES, CBR_UNTYPED } from './cbr.vocabulary.js';

const OPERATION: ResultSchema = { kind: 'cbr.operation', types: Object.keys(CBR_TASK_TYPES), members: CBR_RESULT };

/** Cloud Backup and Recovery: operations that make, restore, replicate and delete backups. */
export const CBR: Provider = {
  id: 'cbr',
  title: 'Cloud Backup and Recovery',
  service: 'cbr',
  path: '/v3/{projectId}/operation-logs/{id}',
  scope: ['projectId'],
  idPattern: SCOPE_PATTERN,
  example: { id: '3f8a5101-0b7e-46d9-8c24-91e5d3a7f06b' },
  statuses: CBR_STATUSES,
  taskTypes: { ...taskTypesOf(CBR_TASK_TYPES, CBR_RESULT), ...taskTypesOf(CBR_UNTYPED) },
  results: [OPERATION],
  errors: errorRules([
    [
      'BackupService.6500 BackupService.6501',
      404,
      'task-not-found',
      'The backup service knows no operation of this id.',
    ],
    ['BackupService.9900', 400, 'validation-failed', 'The backup service found a parameter that is not valid.'],
    ['BackupService.8600', 403, 'account-restricted', 'The identity of the account holder is not verified.'],
    ['BackupService.9998', 500, 'upstream-credentials-rejected', 'The backup service did not accept the credentials.'],
    ['BackupService.9910', 500, 'upstream-error', 'The backup service had an internal error.'],
  ]),
  missingIs404: true,
  limits: { bodyBytes: 2 * 1024 * 1024 },
  retentionSeconds: null,
  visibilitySeconds: 0,
  poll: { minSeconds: 5, maxSeconds: 60 },
  documentation:
    'https://docs.otc.t-systems.com/cloud-backup-recovery/api-ref/cbr_apis/tasks/querying_a_single_task.html',
  normalize: normalizeCbrLog,
};
