import { errorRules } from '@gateway/tasks';
import { v3Job } from '../families/v3-job.js';

/** Distributed Database Middleware: no member of its jobs is documented to tell why one failed. */
export const DDM = v3Job({
  id: 'ddm',
  title: 'Distributed Database Middleware',
  service: 'ddm',
  example: { id: '922f37b9-2855-4d64-93db-dbc75e4b43f7' },
  path: '/v3/{projectId}/jobs/{id}',
  members: { created: 'created_time', ended: 'end_time', progress: 'process' },
  taskTypes: {
    CreateInstance: { title: 'Creation of an instance', action: 'created' },
    DeleteInstance: { title: 'Deletion of an instance', action: 'deleted' },
    RestartInstance: { title: 'Restart of an instance', action: 'restarted' },
    RestoreInstance: { title: 'Restoration of an instance', action: 'restored' },
    RestartNode: { title: 'Restart of a node' },
    EnlargeNode: { title: 'Addition of nodes, or change of their class' },
    ReduceNode: { title: 'Deletion of nodes' },
    BindEIP: { title: 'Public address bound to an instance' },
    UnbindEIP: { title: 'Public address released from an instance' },
    CreateGroup: { title: 'Creation of a group of nodes' },
    DeleteGroup: { title: 'Deletion of a group of nodes' },
    loadMetadata: { title: 'Import of the information of schemas' },
    migrateLogicDb: { title: 'Configuration of shards' },
    retryMigrateLogicDb: { title: 'Another try of a configuration of shards' },
    deleteConsistentBackup: { title: 'Deletion of a consistent backup' },
  },
  retentionSeconds: null,
  errors: errorRules([
    ['DBS.300400', 400, 'task-not-found', 'DDM has no task with this id.'],
    ['DBS.280001', 400, 'validation-failed', 'DDM found a parameter that is not valid.'],
    ['DBS.300002 DBS.300005', 400, 'upstream-error', 'DDM had an internal error.'],
    ['DBS.300120', 400, 'upstream-error', 'DDM could not look the task up.'],
  ]),
  documentation:
    'https://docs.otc.t-systems.com/distributed-database-middleware/api-ref/apis_recommended/ddm_instances/obtaining_information_about_a_task_with_a_specified_id_a_v3_api.html',
});
