import type { Provider } from '@gateway/tasks';
import { APIG_ERRORS } from './apig.errors.js';
import { APIG_ARTIFACT_TYPES } from './apig.export.js';
import { normalizeApigTask } from './apig.normalize.js';
import { APIG_EXPORT, APIG_IMPORT } from './apig.results.js';
import { APIG_STATUSES, APIG_TASK_TYPES } from './apig.vocabulary.js';

/** API Gateway (dedicated): imports and exports of API definitions. */
export const APIG: Provider = {
  id: 'apig',
  title: 'API Gateway',
  service: 'apig',
  path: '/v2/{projectId}/apigw/instances/{instanceId}/async-tasks/{id}',
  scope: ['projectId', 'instanceId'],
  idPattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  statuses: APIG_STATUSES,
  taskTypes: APIG_TASK_TYPES,
  results: [APIG_IMPORT, APIG_EXPORT],
  artifactTypes: APIG_ARTIFACT_TYPES,
  errors: APIG_ERRORS,
  missingIs404: true,
  // An export carries a whole API document, escaped twice.
  limits: { bodyBytes: 32 * 1024 * 1024 },
  retentionSeconds: null,
  visibilitySeconds: 0,
  poll: { minSeconds: 2, maxSeconds: 10 },
  documentation:
    'https://docs.otc.t-systems.com/api-gateway/api-ref/dedicated_gateway_apis_v2/asynchronous_task_management/querying_the_result_of_an_asynchronous_task.html',
  normalize: normalizeApigTask,
};
