import type { Provider } from '@gateway/tasks';
import { IMS_ERRORS } from './ims.errors.js';
import { normalizeImsJob } from './ims.normalize.js';
import { IMS_IMAGE } from './ims.results.js';
import { IMS_STATUSES, IMS_TASK_TYPES } from './ims.vocabulary.js';

/** Image Management Service: jobs that make, import, export, copy and share images. */
export const IMS: Provider = {
  id: 'ims',
  title: 'Image Management Service',
  service: 'ims',
  path: '/v1/{projectId}/jobs/{id}',
  scope: ['projectId'],
  idPattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  statuses: IMS_STATUSES,
  taskTypes: IMS_TASK_TYPES,
  results: [{ ...IMS_IMAGE, types: Object.keys(IMS_TASK_TYPES) }],
  errors: IMS_ERRORS,
  limits: { bodyBytes: 2 * 1024 * 1024 },
  retentionSeconds: null,
  visibilitySeconds: 0,
  poll: { minSeconds: 5, maxSeconds: 30 },
  documentation:
    'https://docs.otc.t-systems.com/image-management-service/api-ref/native_openstack_apis/job/querying_job_status.html',
  normalize: normalizeImsJob,
};
