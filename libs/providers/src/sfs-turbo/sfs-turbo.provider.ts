import { errorRules } from '@gateway/tasks';
import { flatJob } from '../families/flat-job.js';

const onlyHttp = true;

/** Scalable File Service Turbo: jobs that create, extend and change file systems. */
export const SFS_TURBO = flatJob({
  id: 'sfs-turbo',
  title: 'Scalable File Service Turbo',
  service: 'sfs-turbo',
  example: { id: '6b1e4001-37c5-4f02-9d1e-55a0c2f4b7e1' },
  path: '/v1/{projectId}/sfs-turbo/jobs/{id}',
  // Mandatory by the documentation, although nothing is sent.
  headers: { 'content-type': 'application/json' },
  statuses: { waiting: 'pending', running: 'running', success: 'succeeded', failed: 'failed' },
  // Without a zone, documented as UTC.
  times: ['iso'],
  taskTypes: {
    create_share: 'Creation of a file system',
    hpc_create_share: 'Creation of a file system for high-performance computing',
    delete_share: 'Deletion of a file system',
    extend_share: 'Extension of a file system',
    change_security_group: 'Change of the security group of a file system',
    create_obs_target: 'Binding of a storage backend',
    delete_obs_target: 'Release of a storage backend',
    bind_ldap: 'Binding to a directory server',
  },
  failures: {
    codes: {
      'SFS.TURBO.0009': 'ALREADY_EXISTS',
      'SFS.TURBO.0010': 'QUOTA_EXCEEDED',
      'SFS.TURBO.0011': 'CONFLICT',
      'SFS.TURBO.0029': 'QUOTA_EXCEEDED',
      'SFS.TURBO.0030': 'QUOTA_EXCEEDED',
      'SFS.TURBO.0032': 'QUOTA_EXCEEDED',
      'SFS.TURBO.0034': 'QUOTA_EXCEEDED',
      'SFS.TURBO.0039': 'QUOTA_EXCEEDED',
      'SFS.TURBO.0040': 'QUOTA_EXCEEDED',
    },
  },
  errors: errorRules([
    ['SFS.TURBO.0019', 404, 'task-not-found', 'The file service knows no job of this id.'],
    // One code for a parameter that is wrong and for a job that does not exist; the status tells which.
    ['SFS.TURBO.0001', 404, 'task-not-found', 'The file service knows no job of this id.', { onlyHttp }],
    ['SFS.TURBO.0001', 400, 'validation-failed', 'The file service found a parameter that is not valid.', { onlyHttp }],
    ['SFS.TURBO.0002', [404, 400], 'task-not-found', 'It does not exist, or the account may not read it.'],
    ['SFS.TURBO.0015', 400, 'permission-denied', 'The account may not read jobs of the file service.'],
    ['SFS.TURBO.9000', 403, 'permission-denied', 'The account may not read it, or it does not exist.'],
    ['SFS.TURBO.0037', 400, 'upstream-error', 'The file service was working on the same thing.'],
    ['SFS.TURBO.0005', [500, 400], 'upstream-error', 'The file service had an internal error.'],
    ['SFS.TURBO.0038', 400, 'upstream-error', 'The file service could not name its error.', { retry: 'never' }],
  ]),
  missingIs404: true,
  poll: { minSeconds: 10, maxSeconds: 60 },
  documentation:
    'https://docs.otc.t-systems.com/scalable-file-service/api-ref/sfs_turbo_apis/task_management/querying_the_status_of_a_task.html',
});
