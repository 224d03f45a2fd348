import { errorRules, SCOPE_PATTERN, taskTypesOf } from '@gateway/tasks';
import type { Provider, ResultSchema } from '@gateway/tasks';
import { normalizeCceJob } from './cce.normalize.js';
import { CCE_RESULT, CCE_STATUSES, CCE_TASK_TYPES } from './cce.vocabulary.js';

const JOB: ResultSchema = { kind: 'cce.job', types: Object.keys(CCE_TASK_TYPES), members: CCE_RESULT };

/** Cloud Container Engine: jobs that create and change clusters and their nodes. */
export const CCE: Provider = {
  id: 'cce',
  title: 'Cloud Container Engine',
  service: 'cce',
  path: '/api/v3/projects/{projectId}/jobs/{id}',
  // Mandatory by the documentation, although nothing is sent.
  headers: { 'content-type': 'application/json' },
  scope: ['projectId'],
  idPattern: SCOPE_PATTERN,
  example: { id: 'b7d2c901-5e11-11ef-a3c4-0255ac1003a7' },
  statuses: CCE_STATUSES,
  taskTypes: taskTypesOf(CCE_TASK_TYPES, CCE_RESULT),
  results: [JOB],
  // The digits after the dot name a part of the service.
  errors: errorRules([
    [/^CCE\.0[1-3]404001$/, 404, 'task-not-found', 'CCE knows no job of this id.'],
    // Kubernetes' own words; without a job in them, the address was wrong.
    ['404', 404, 'task-not-found', 'CCE knows no job of this id.', { message: /\bjobs?\b.*\bnot found\b/i }],
    [/^CCE\.0[1-3]400001$/, 400, 'validation-failed', 'CCE could not read the request.'],
    ['CCE.01400006', 400, 'upstream-misconfigured', 'CCE did not accept the content type of the request.'],
    [/^CCE\.0[1-3]401001$/, 401, 'upstream-credentials-rejected', 'CCE did not accept the credentials.'],
    [/^CCE\.0[1-3]403001$/, 403, 'permission-denied', 'The account may not read jobs of CCE.'],
    ['CCE.01403002', 403, 'account-restricted', 'The cloud account is restricted.'],
    ['CCE.01429002', 429, 'upstream-throttled', 'CCE was working on the same thing for somebody else.'],
    ['CCE.01429003 CCE.02429001', 429, 'upstream-throttled', 'CCE was asked too often.'],
    [/^CCE\.0[1-3]500001$/, 500, 'upstream-error', 'CCE had an internal error.'],
  ]),
  limits: { bodyBytes: 2 * 1024 * 1024 },
  retentionSeconds: null,
  visibilitySeconds: 0,
  poll: { minSeconds: 10, maxSeconds: 60 },
  documentation:
    'https://docs.otc.t-systems.com/cloud-container-engine/api-ref/apis/cluster_management/reading_job_progress.html',
  normalize: normalizeCceJob,
};
