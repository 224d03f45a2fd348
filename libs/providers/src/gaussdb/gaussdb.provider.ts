import { errorRules } from '@gateway/tasks';
import { instanceErrors } from '../families/v3-job.errors.js';
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
    ...instanceErrors('GaussDB'),
    ['DBS.200405', 400, 'validation-failed', 'GaussDB found a parameter that is not valid.'],
    ['DBS.280408', 400, 'upstream-misconfigured', 'GaussDB does not know the project.'],
    ['DBS.216003', 400, 'permission-denied', 'The account may not read jobs of GaussDB.'],
    ['DBS.280020', 403, 'account-restricted', 'The cloud account is restricted.'],
    ['DBS.200208', 500, 'upstream-error', 'GaussDB had an internal error.'],
  ]),
  documentation:
    'https://docs.otc.t-systems.com/gaussdb-opengauss/api-ref/apis_recommended/task_management/obtaining_task_information.html',
});
