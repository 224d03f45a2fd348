import { errorRules } from '@gateway/tasks';
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
    ['DBS.200001 DBS.200004 DBS.200006', 400, 'validation-failed', 'RDS found a parameter that is not valid.'],
    ['DBS.280001 DBS.280204', 400, 'validation-failed', 'RDS found a parameter that is not valid.'],
    ['DBS.200010 DBS.200604 RDS.0010', 403, 'permission-denied', 'The account may not read jobs of RDS.'],
    ['DBS.200044 DBS.201003', 403, 'permission-denied', 'The job does not exist, or the account may not read it.'],
    ['DBS.280015 RDS.0015', 403, 'permission-denied', 'The job does not exist, or the account may not read it.'],
    ['DBS.280056', 403, 'upstream-credentials-rejected', 'RDS did not accept the token.'],
    ['unauthorized', 401, 'upstream-credentials-rejected', 'RDS did not accept the credentials.'],
    ['DBS.200002 DBS.200045 DBS.200408', 404, 'scope-not-found', 'The instance of the job does not exist.'],
    ['DBS.200602 RDS.0002', 404, 'scope-not-found', 'The instance of the job does not exist.'],
    ['DBS.212009', 400, 'upstream-error', 'RDS could not process the request.'],
    ['DBS.108000 DBS.108002 DBS.108005', 500, 'upstream-error', 'RDS had an internal error.'],
    ['DBS.200005 DBS.290006 DBS.290015', 500, 'upstream-error', 'RDS had an internal error.'],
    ['RDS.0005 RDS.9999', 500, 'upstream-error', 'RDS had an internal error.'],
  ]),
  documentation:
    'https://docs.otc.t-systems.com/relational-database-service/api-ref/api_v3_recommended/obtaining_task_information/obtaining_information_about_a_task_with_a_specified_id.html',
});
