import { errorRules, SCOPE_PATTERN, taskTypesOf } from '@gateway/tasks';
import type { Provider } from '@gateway/tasks';
import { DMS_STATUSES, normalizeDmsTask } from './dms.normalize.js';

/** Distributed Message Service: background tasks of Kafka, RabbitMQ and RocketMQ instances, all below one endpoint. */
export const DMS: Provider = {
  id: 'dms',
  title: 'Distributed Message Service (Kafka, RabbitMQ, RocketMQ)',
  service: 'dms',
  path: '/v2/{projectId}/instances/{instanceId}/tasks/{id}',
  scope: ['projectId', 'instanceId'],
  idPattern: SCOPE_PATTERN,
  example: { id: '8abfa7b272adc5b40172b73130065ae7', instanceId: 'c4f2a1b6-3c9e-4c51-9b27-0d1c6a8e7f30' },
  statuses: DMS_STATUSES,
  taskTypes: taskTypesOf({
    bindInstancePublicIp: 'Public address bound to an instance',
    unbindInstancePublicIp: 'Public address released from an instance',
    kafkaReassignmentJob: 'Reassignment of Kafka partitions',
  }),
  errors: errorRules([
    ['DMS.00400070', 400, 'validation-failed', 'The task id does not have the form that DMS expects.'],
    ['DMS.00400030 DMS.00400061', 400, 'validation-failed', 'The instance id does not have the form that DMS expects.'],
    ['DMS.00400002 DMS.10240005', 400, 'validation-failed', 'The project id does not have the form that DMS expects.'],
    ['DMS.00400062 DMS.00400800 DMS.10540014', 400, 'validation-failed', 'DMS found a parameter that is not valid.'],
    ['DMS.10240101', 401, 'upstream-credentials-rejected', 'DMS did not accept the token.'],
    ['DMS.10240103', 401, 'upstream-credentials-rejected', 'DMS received no token.'],
    ['DMS.10240102', 401, 'upstream-credentials-rejected', 'The token has expired.', { retry: 'new-token' }],
    // Sent as 401, but a new login would bring the same token.
    ['DMS.10240104', 401, 'upstream-misconfigured', 'The token was issued for another project.'],
    ['DMS.00403002 DMS.00403003', 403, 'permission-denied', 'The account may not read tasks of this DMS instance.'],
    ['DMS.10240309 DMS.10240310', 403, 'permission-denied', 'The account may not use DMS in this way.'],
    ['DMS.10240311 DMS.10240312', 403, 'permission-denied', 'The account may not use DMS in this way.'],
    ['DMS.10240306', 403, 'account-restricted', 'The cloud account is frozen.'],
    ['DMS.00500986', 400, 'account-restricted', 'The cloud account is restricted.'],
    ['DMS.00500987', 400, 'account-restricted', 'The balance of the cloud account is too low.'],
    ['DMS.00404022', 404, 'scope-not-found', 'The project has no DMS instance with this id.'],
    ['DMS.00404001 DMS.10240406', 404, 'upstream-misconfigured', 'The address of the request does not exist at DMS.'],
    ['DMS.00405001', 405, 'upstream-misconfigured', 'The address of the request cannot be read at DMS.'],
    // Sent as 404: the task may well exist.
    ['DMS.10240407', 404, 'upstream-throttled', 'DMS was asked too often.'],
    ['DMS.111501025', 503, 'upstream-unavailable', 'DMS is busy.'],
    ['DMS.111501024', 408, 'upstream-timeout', 'DMS did not find an answer in time.'],
    // With 400 the same family is about the request: asked again, it says the same.
    [/^DMS\.005\d{5}$/, [500, 501], 'upstream-error', 'DMS had an internal error.', { onlyHttp: true }],
    [/^DMS\.1025000\d$/, 500, 'upstream-error', 'A service that DMS needs had an internal error.'],
  ]),
  limits: { bodyBytes: 2 * 1024 * 1024 },
  retentionSeconds: null,
  visibilitySeconds: 0,
  poll: { minSeconds: 2, maxSeconds: 20 },
  documentation:
    'https://docs.otc.t-systems.com/distributed-message-service/api-ref/apis_v2_recommended/background_task_management/querying_a_background_task.html',
  normalize: normalizeDmsTask,
};
