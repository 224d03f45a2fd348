import { errorRules } from '@gateway/tasks';
import { v3Job } from '../families/v3-job.js';

/** Document Database Service: MongoDB instances of the community edition. */
export const DDS = v3Job({
  id: 'dds',
  title: 'Document Database Service',
  service: 'dds',
  example: { id: 'b487e50f-ca9c-4a8f-9f85-859e9036ea7b' },
  members: { created: 'created', ended: 'ended', progress: 'progress' },
  taskTypes: {
    Create_MongoDB: { title: 'Creation of an instance', action: 'created' },
    Restore_MongoDB_Replica: { title: 'Restoration of a replica set' },
  },
  errors: errorRules([
    // Also of jobs that a deletion has taken along.
    ['DBS.200543 DBS.280016', 400, 'task-not-found', 'DDS has no job with this id.'],
    ['DBS.200001 DBS.200004 DBS.280001', 400, 'validation-failed', 'DDS found a parameter that is not valid.'],
    ['DBS.280042', 403, 'validation-failed', 'DDS does not allow this request in the present state of the instance.'],
    ['DBS.200010', 400, 'upstream-misconfigured', 'The instance belongs to another project than the credentials.'],
    [
      'DBS.280408',
      400,
      'upstream-misconfigured',
      'DDS does not know the project, or it is not that of the credentials.',
    ],
    ['DBS.280015', 400, 'permission-denied', 'The account may not read jobs of DDS.'],
    ['DBS.280032 DBS.280063 DBS.200604', 403, 'permission-denied', 'The account may not read jobs of DDS.'],
    ['DBS.280019', 403, 'account-restricted', 'The cloud account is suspended.'],
    ['DBS.280056', 401, 'upstream-credentials-rejected', 'DDS did not accept the token.'],
    ['DBS.200002', 404, 'scope-not-found', 'The instance of the job does not exist.'],
    // Sent as 401: the service behind DDS failed, not the token.
    ['DBS.280064', 401, 'upstream-error', 'DDS could not check the permissions.'],
    ['DBS.280005', 500, 'upstream-error', 'DDS had an internal error.'],
    ['DBS.200998', 400, 'upstream-unavailable', 'DDS is busy.'],
  ]),
  documentation:
    'https://docs.otc.t-systems.com/document-database-service/api-ref/apis_v3.0_recommended/task_management/obtaining_information_about_a_task_with_a_specified_id.html',
});
