import type { Provider } from '@gateway/tasks';
import { DMS_ERRORS } from './dms.errors.js';
import { normalizeDmsTask } from './dms.normalize.js';
import { DMS_STATUSES, DMS_TASK_TYPES } from './dms.vocabulary.js';

/** Distributed Message Service: background tasks of Kafka, RabbitMQ and RocketMQ instances, all below one endpoint. */
export const DMS: Provider = {
  id: 'dms',
  title: 'Distributed Message Service (Kafka, RabbitMQ, RocketMQ)',
  service: 'dms',
  path: '/v2/{projectId}/instances/{instanceId}/tasks/{id}',
  scope: ['projectId', 'instanceId'],
  idPattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  statuses: DMS_STATUSES,
  taskTypes: DMS_TASK_TYPES,
  errors: DMS_ERRORS,
  limits: { bodyBytes: 2 * 1024 * 1024 },
  retentionSeconds: null,
  visibilitySeconds: 0,
  poll: { minSeconds: 2, maxSeconds: 20 },
  documentation:
    'https://docs.otc.t-systems.com/distributed-message-service/api-ref/apis_v2_recommended/background_task_management/querying_a_background_task.html',
  normalize: normalizeDmsTask,
};
