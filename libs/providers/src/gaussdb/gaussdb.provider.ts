import { errorRules } from '@gateway/tasks';
import { v3Job } from '../families/v3-job.js';

/** GaussDB, the one with the openGauss kernel; what Huawei Cloud has behind the host `gaussdb` is TaurusDB. */
export const GAUSSDB = v3Job({
  id: 'gaussdb',
  title: 'GaussDB',
  service: { 'huawei-cloud': 'gaussdb-opengauss', 'open-telekom-cloud': 'gaussdb' },
  example: { id: '68ccdd57-39ec-4be0-949c-9c65b02895bc' },
  members: { created: 'created', ended: 'ended', progress: 'progress' },
  taskTypes: {
    CreateGaussDBV5Instance: { title: 'Creation of an instance', action: 'created' },
    DeleteGaussDBV5Instance: { title: 'Deletion of an instance', action: 'deleted' },
    EnlargeGaussDBV5Volume: { title: 'Extension of the storage', action: 'extended' },
    ResizeGaussDBV5Flavor: { title: 'Change of the class of an instance', action: 'resized' },
    BackupSnapshotGaussDBV5InInstance: { title: 'Creation of a backup' },
    RestoreGaussDBV5InInstance: { title: 'Restoration of an instance', action: 'restored' },
    // No page says which of the two instances their jobs name.
    RestoreGaussDBV5InInstanceToExistedInst: { title: 'Restoration to another instance' },
    CloneGaussDBV5NewInstance: { title: 'Restoration to a new instance' },
    GaussDBV5ExpandClusterCN: { title: 'Addition of coordinator nodes' },
    GaussDBV5ExpandClusterDN: { title: 'Addition of shards' },
  },
  errors: errorRules([
    ['DBS.200543', 400, 'task-not-found', 'GaussDB has no job with this id.'],
    ['DBS.200001 DBS.200004 DBS.200006', 400, 'validation-failed', 'GaussDB found a parameter that is not valid.'],
    ['DBS.200405 DBS.280001 DBS.280204', 400, 'validation-failed', 'GaussDB found a parameter that is not valid.'],
    ['DBS.212009', 400, 'upstream-error', 'GaussDB could not process the request.'],
    ['DBS.280408', 400, 'upstream-misconfigured', 'GaussDB does not know the project.'],
    ['DBS.216003', 400, 'permission-denied', 'The account may not read jobs of GaussDB.'],
    ['DBS.200010 DBS.200604', 403, 'permission-denied', 'The account may not read jobs of GaussDB.'],
    ['DBS.200044 DBS.201003', 403, 'permission-denied', 'The job does not exist, or the account may not read it.'],
    ['DBS.280015', 403, 'permission-denied', 'The job does not exist, or the account may not read it.'],
    ['DBS.280020', 403, 'account-restricted', 'The cloud account is restricted.'],
    ['DBS.280056', 403, 'upstream-credentials-rejected', 'GaussDB did not accept the token.'],
    ['DBS.200002 DBS.200045 DBS.200602', 404, 'scope-not-found', 'The instance of the job does not exist.'],
    ['DBS.108000 DBS.108002 DBS.108005', 500, 'upstream-error', 'GaussDB had an internal error.'],
    ['DBS.200005 DBS.200208', 500, 'upstream-error', 'GaussDB had an internal error.'],
    ['DBS.290006 DBS.290015', 500, 'upstream-error', 'GaussDB had an internal error.'],
  ]),
  documentation:
    'https://docs.otc.t-systems.com/gaussdb-opengauss/api-ref/apis_recommended/task_management/obtaining_task_information.html',
});
