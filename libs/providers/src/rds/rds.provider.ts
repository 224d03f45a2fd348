import { errorRules } from '@gateway/tasks';
import { instanceErrors } from '../families/v3-job.errors.js';
import { instanceResult } from '../families/v3-job.instance.js';
import { v3Job } from '../families/v3-job.js';

const NOT_QUERYABLE = {
  remedy:
    'Check the id, and wait some seconds after the job was started; only creation, replicas, changes to primary and ' +
    'standby, switchover, storage and public addresses have jobs that can be asked about.',
} as const;

/** Relational Database Service: MySQL, PostgreSQL and SQL Server instances. */
export const RDS = v3Job({
  id: 'rds',
  title: 'Relational Database Service',
  service: 'rds',
  example: { id: '1c9af0fc-70aa-4340-9be3-e364bfa9d7c2' },
  // One page spells it so.
  statuses: { Complete: 'succeeded' },
  members: { created: 'created', ended: 'ended', progress: 'process' },
  taskTypes: {
    CreateMysqlSingleHAInstance: { title: 'Creation of a MySQL instance', action: 'created' },
    CreateMysqlReplicaInstance: { title: 'Creation of a MySQL read replica', action: 'created' },
    MysqlBindEIP: { title: 'Public address bound to a MySQL instance' },
    RestartMysqlInstance: { title: 'Restart of a MySQL instance', action: 'restarted' },
    RestoreSqlserverInInstance: { title: 'Restoration of a SQL Server instance', action: 'restored' },
  },
  result: instanceResult('rds'),
  errors: errorRules([
    ['DBS.200543', 400, 'task-not-found', 'RDS has no job with this id.', NOT_QUERYABLE],
    ['RDS.5041', 404, 'task-not-found', 'RDS has no job with this id.', NOT_QUERYABLE],
    ...instanceErrors('RDS'),
    ['RDS.0010', 403, 'permission-denied', 'The account may not read jobs of RDS.'],
    ['RDS.0015', 403, 'permission-denied', 'The job does not exist, or the account may not read it.'],
    ['unauthorized', 401, 'upstream-credentials-rejected', 'RDS did not accept the credentials.'],
    ['DBS.200408 RDS.0002', 404, 'scope-not-found', 'The instance of the job does not exist.'],
    ['RDS.0005 RDS.9999', 500, 'upstream-error', 'RDS had an internal error.'],
  ]),
  documentation:
    'https://docs.otc.t-systems.com/relational-database-service/api-ref/api_v3_recommended/obtaining_task_information/obtaining_information_about_a_task_with_a_specified_id.html',
});
