import { errorRules } from '@gateway/tasks';
import { flatJob, JOB_STATUSES } from '../families/flat-job.js';

/** Distributed Cache Service: jobs that work on cache instances. */
export const DCS = flatJob({
  id: 'dcs',
  title: 'Distributed Cache Service',
  service: 'dcs',
  example: { id: '8a2c800192f1a4d30192f1c7be4e0b55' },
  path: '/v2/{projectId}/jobs/{id}',
  statuses: JOB_STATUSES,
  // Milliseconds since 1970, as text.
  times: ['epoch', 'iso'],
  taskTypes: {
    createDCSInstance: 'Creation of a cache instance',
    closeDCSInstance: 'Shutdown of a cache instance',
    deleteDCSInstance: 'Deletion of a cache instance',
    extendDCSInstance: 'Extension of a cache instance',
    backupDCSInstance: 'Backup of a cache instance',
    restoreDCSInstance: 'Restoration of a cache instance',
    masterStandbySwapJob: 'Switchover of master and standby nodes',
    modifyClientIpTransJob: 'Change of the pass-through of client addresses',
    modifyBandwidth: 'Change of the bandwidth',
  },
  // Two generations of codes stand side by side; the bare numbers are codes of the service, too.
  errors: errorRules([
    ['DCS.4133', 400, 'task-not-found', 'DCS knows no job of this id.'],
    ['DCS.4070 111400070', 400, 'validation-failed', 'The job id does not have the form that DCS expects.'],
    ['DCS.4002 111400002', 400, 'validation-failed', 'The project id does not have the form that DCS expects.'],
    ['DCS.4062 111400062', 400, 'validation-failed', 'DCS found a parameter that is not valid.'],
    ['DCS.4063 111400063', 400, 'validation-failed', 'DCS found a parameter that is not valid.'],
    ['DCS.4800 111400800', 400, 'validation-failed', 'DCS found a parameter that is not valid.'],
    ['DCS.4094 111400094', 400, 'upstream-misconfigured', 'DCS has no background jobs in this region.'],
    ['DCS.1001 111401001', 401, 'upstream-credentials-rejected', 'DCS did not accept the token.'],
    ['DCS.1002 111401002', 401, 'upstream-credentials-rejected', 'The token has expired.', { retry: 'new-token' }],
    ['DCS.1003 111401003', 401, 'upstream-credentials-rejected', 'DCS received no token.'],
    // Sent as 401, but a new login would bring the same token.
    ['DCS.1004 111401004', 401, 'upstream-misconfigured', 'The token was issued for another project.'],
    ['DCS.2003 DCS.2007', 403, 'permission-denied', 'The account may not read jobs of DCS.'],
    ['DCS.3002 111403002', 403, 'permission-denied', 'The account may not use DCS in this way.'],
    ['DCS.3003 111403003', 403, 'permission-denied', 'The account may not use DCS in this way.'],
    ['DCS.3022 111404022', 404, 'scope-not-found', 'The project has no such cache instance.'],
    ['DCS.4001 111404001', 404, 'upstream-misconfigured', 'The address of the request does not exist at DCS.'],
    ['DCS.5001 111405001', 405, 'upstream-misconfigured', 'The address of the request cannot be read at DCS.'],
    ['DCS.4842 111400842', 500, 'upstream-error', 'DCS could not look the job up.'],
    [/^(?:DCS\.50\d\d|111500\d{3})$/, 500, 'upstream-error', 'DCS had an internal error.'],
  ]),
  missingIs404: true,
  poll: { minSeconds: 5, maxSeconds: 30 },
  documentation:
    'https://docs.otc.t-systems.com/distributed-cache-service/api-ref/apis_v2_recommended/background_task_management/querying_the_job_execution_result_of_a_tenant.html',
});
