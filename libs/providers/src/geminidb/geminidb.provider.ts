import { errorRules } from '@gateway/tasks';
import { v3Job } from '../families/v3-job.js';

/** GeminiDB, the NoSQL databases: a list of jobs is asked for the one with an id. */
export const GEMINIDB = v3Job({
  id: 'geminidb',
  title: 'GeminiDB',
  service: 'gaussdb-nosql',
  example: { id: 'cc11cc8c-0313-425e-9eda-dadbff6601d5' },
  members: { created: 'start_time', ended: 'end_time', progress: 'progress' },
  isList: true,
  // In answers the name tells the engine, in the filter it does not: what is documented of the filter is none of these.
  taskTypes: {
    CreateCassandra: { title: 'Creation of a Cassandra instance', action: 'created' },
  },
  errors: errorRules([
    ['DBS.280016', 400, 'task-not-found', 'GeminiDB has no job with this id.'],
    ['DBS.200001 DBS.280001', 400, 'validation-failed', 'GeminiDB found a parameter that is not valid.'],
    ['DBS.280040 DBS.280042', 400, 'validation-failed', 'GeminiDB found a parameter that is not valid.'],
    ['DBS.200010', 400, 'upstream-misconfigured', 'The instance belongs to another project than the credentials.'],
    ['DBS.280408', 400, 'upstream-misconfigured', 'GeminiDB does not know the project.'],
    ['DBS.280015 DBS.280063 DBS.200604', 400, 'permission-denied', 'The account may not read jobs of GeminiDB.'],
    ['DBS.280032', 403, 'permission-denied', 'The account may not read jobs of GeminiDB.'],
    ['DBS.280056', 403, 'upstream-credentials-rejected', 'GeminiDB did not accept the token.'],
    ['DBS.200002', 404, 'scope-not-found', 'The instance of the job does not exist.'],
    ['DBS.280064', 500, 'upstream-error', 'GeminiDB could not check the permissions.'],
    ['DBS.280005', 500, 'upstream-error', 'GeminiDB had an internal error.'],
    ['DBS.200998', 500, 'upstream-unavailable', 'GeminiDB is busy.'],
  ]),
  documentation:
    'https://docs.otc.t-systems.com/geminidb/api-ref/apis_v3/task_management/querying_tasks_and_details.html',
});
