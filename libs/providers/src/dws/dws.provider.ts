import { asText, errorRules, isObject } from '@gateway/tasks';
import type { Provider } from '@gateway/tasks';
import { flatJob } from '../families/flat-job.js';

const JOB = flatJob({
  id: 'dws',
  title: 'Data Warehouse Service',
  service: 'dws',
  example: { id: '4c90f0018f3b6a71018f3c02d9e47a1b' },
  path: '/v1.0/{projectId}/job/{id}',
  statuses: {
    INIT: 'pending',
    WAITING: 'pending',
    DELAY_SCHEDULED: 'pending',
    RUNNING: 'running',
    SUCCESS: 'succeeded',
    FAIL: 'failed',
    STOP: 'cancelled',
  },
  // Without a zone.
  times: ['iso'],
  members: { type: 'job_name', code: 'failed_code', reason: 'failed_detail', step: 'failed_step' },
  // No names of jobs are listed anywhere.
  taskTypes: {},
  errors: errorRules([
    ['DWS.0001', 400, 'validation-failed', 'The id does not have the form that DWS expects.'],
    ['DWS.0047', [404, 401], 'task-not-found', 'DWS has nothing of this id.'],
    ['DWS.0015', [403, 400], 'permission-denied', 'The account may not read it, or it does not exist.'],
    ['DWS.9999', 500, 'upstream-error', 'DWS had an internal error.'],
  ]),
  missingIs404: true,
  poll: { minSeconds: 10, maxSeconds: 60 },
  documentation:
    'https://docs.otc.t-systems.com/data-warehouse-service/api-ref/api_description/task_management/querying_the_task_progress.html',
});

/** Data Warehouse Service: jobs that work on clusters. */
export const DWS: Provider = { ...JOB, normalize: (body, id) => JOB.normalize(withFailedStep(body), id) };

/** A code names the step that failed, too, as `<step>-fail:<code>`; the text begins with the code once more. */
function withFailedStep(body: unknown): unknown {
  const code = isObject(body) ? asText(body['failed_code']) : null;
  if (!isObject(body) || code === null) return body;
  const [, step = '', bare = code] = /^(.*):([^:]+)$/s.exec(code) ?? [];
  const detail = asText(body['failed_detail']) ?? '';
  return {
    ...body,
    failed_code: bare,
    failed_step: step.replace(/-fail$/, ''),
    failed_detail: detail.startsWith(`${bare}:`) ? detail.slice(bare.length + 1) : detail,
  };
}
