import { errorRules, SCOPE_PATTERN } from '@gateway/tasks';
import type { Provider } from '@gateway/tasks';
import { JOB_STATUSES } from '../families/flat-job.js';
import { normalizeImsJob } from './ims.normalize.js';
import { IMS_IMAGE, IMS_TASK_TYPES } from './ims.vocabulary.js';

const OTHER_JOBS = {
  remedy: 'Check the job id, projectId and region; jobs of other services cannot be asked for here.',
};

/** Image Management Service: jobs that make, import, export, copy and share images. */
export const IMS: Provider = {
  id: 'ims',
  title: 'Image Management Service',
  service: 'ims',
  path: '/v1/{projectId}/jobs/{id}',
  scope: ['projectId'],
  idPattern: SCOPE_PATTERN,
  example: { id: 'ff8080814dbd65d7014dbe0d84db0013' },
  statuses: JOB_STATUSES,
  taskTypes: IMS_TASK_TYPES,
  results: [{ ...IMS_IMAGE, types: Object.keys(IMS_TASK_TYPES) }],
  errors: errorRules([
    // The service has no 404 for jobs: a well-formed id that it does not know ends in this error of the query itself.
    ['IMG.0023', 400, 'task-not-found', 'The image service could not find the job.', OTHER_JOBS],
    // Not "credentials rejected": the front has checked the token before the image service sees the request. What is
    // left is a project that does not belong to the token, and nobody should be logged out for that.
    ['IMG.0030', 400, 'upstream-misconfigured', 'The project id and the token do not fit together.'],
    ['IMG.0067 IMG.0145', 400, 'upstream-misconfigured', 'The image service does not know the project.'],
    ['IMG.0104', 400, 'upstream-misconfigured', 'The region has several projects, and the request does not say which.'],
    ['IMG.0108', 400, 'upstream-misconfigured', 'The account is not known in this region.'],
    ['IMG.0087', 400, 'upstream-credentials-rejected', 'The image service did not accept the token.'],
    ['IMG.0026', 403, 'permission-denied', 'The account may not read jobs of the image service.'],
    ['IMG.0047 IMG.0106', 400, 'permission-denied', 'The image belongs to somebody else.'],
    ['IMG.0161', 400, 'permission-denied', 'The account has no permission for this at the image service.'],
    ['IMG.0238', 400, 'account-restricted', 'The identity of the account holder has not been verified.'],
    ['IMG.0239', 400, 'account-restricted', 'The balance of the cloud account is too low.'],
    ['IMG.0241', 400, 'account-restricted', 'The cloud account has no complete means of payment.'],
    ['IMG.0242', 400, 'account-restricted', 'The budget of the department is used up.'],
    ['IMG.0060', 400, 'upstream-throttled', 'The image service has too many tasks of this account at once.'],
    ['IMG.0001', 400, 'validation-failed', 'The image service could not read the request.'],
    ['IMG.0017', 400, 'validation-failed', 'The image service could not read the request address.'],
    ['IMG.0024', 400, 'validation-failed', 'The image service found a parameter that is not valid.'],
    ['IMG.0031', 400, 'validation-failed', 'The image service did not accept the id.'],
    ['IMG.0014', 400, 'upstream-error', 'A service that the image service needs failed.'],
    // About submitting a job; in answer to a query it is the service's own mistake.
    ['IMG.0018', 400, 'upstream-error', 'The image service failed to handle the job.'],
    ['IMG.0061', 400, 'upstream-error', 'The image service had an internal error.'],
    ['IMG.0053 IMG.0064', 400, 'upstream-error', 'The image service could not learn about the account.'],
    ['IMG.0065 IMG.0114', 400, 'upstream-error', 'The image service could not learn about the account.'],
    ['IMG.0154 IMG.0155', 400, 'upstream-error', 'The image service could not learn about the enterprise project.'],
  ]),
  limits: { bodyBytes: 2 * 1024 * 1024 },
  retentionSeconds: null,
  visibilitySeconds: 0,
  poll: { minSeconds: 5, maxSeconds: 30 },
  documentation:
    'https://docs.otc.t-systems.com/image-management-service/api-ref/native_openstack_apis/job/querying_job_status.html',
  normalize: normalizeImsJob,
};
