import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';
import type { LivingTask, TaskMoment } from '../tasks/living-task.js';
import { madeUpId } from '../tasks/made-up.js';
import type { OwnDialect } from './dialect.js';

const STATUSES = {
  queued: 'waiting',
  running: 'processing',
  succeeded: 'succeed',
  // An import is a success to the service even if some of its APIs failed.
  partial: 'succeed',
  failed: 'failed',
  // Never drawn: nothing cancels these tasks.
  cancelled: 'failed',
} as const;

/** The service has one word for all that can be wrong with a token. */
const badToken = (): Reply => errorReply(401, 'APIG.1002', 'Incorrect token or token resolution failed');

/** API Gateway, dedicated gateways. */
export const apig: OwnDialect = {
  defaultType: () => 'import_api',
  outcomes: (type) => (type === 'import_api' ? ['succeeded', 'partial', 'failed'] : ['succeeded', 'failed']),
  errorReplies: {
    'token-missing': badToken,
    'token-invalid': badToken,
    'token-expired': badToken,
    'wrong-project': badToken,
    forbidden: () => errorReply(403, 'APIG.1005', 'No permissions to request this method'),
    'malformed-task-id': () =>
      errorReply(
        400,
        'APIG.2001',
        'The request parameters must be specified,parameterName:task_id. Please refer to the support documentation',
      ),
    'unknown-instance': ({ instanceId }) =>
      errorReply(404, 'APIG.3030', `The instance does not exist;id:${instanceId}`),
    'unknown-task': ({ taskId }) => errorReply(404, 'APIG.3093', `The asynchronous task ${taskId} does not exist`),
  },
  render: (moment) => ({
    task_id: moment.task.id,
    task_status: STATUSES[moment.phase],
    task_type: moment.task.type,
    task_result: drawResult(moment),
  }),
};

function errorReply(status: number, code: string, text: string): Reply {
  return json(status, { error_code: code, error_msg: text });
}

/** JSON inside a string; empty until the task ends. */
function drawResult({ task, phase }: TaskMoment): string {
  if (phase === 'queued' || phase === 'running') return '';
  if (phase === 'failed')
    return JSON.stringify({ error_code: 'APIG.3201', error_msg: 'The API group name already exists' });
  if (task.type === 'import_api') return JSON.stringify(drawImport(task, phase === 'partial'));
  return JSON.stringify(task.type === 'export_api' ? drawExport(task) : {});
}

function drawImport({ id }: LivingTask, partial: boolean): object {
  return {
    success: [{ id: madeUpId(id, 'api'), action: 'create', method: 'GET', path: '/orders' }],
    failure: partial
      ? [
          {
            method: 'POST',
            path: '/orders',
            error_code: 'APIG.3202',
            error_msg: 'The API name already exists, api_name:API_orders',
          },
        ]
      : [],
    swagger: { id: madeUpId(id, 'document'), result: 'Success' },
    group_id: madeUpId(id, 'group'),
  };
}

/** The exported document is a third level of JSON, and the file name is no file name on every system. */
function drawExport({ id, endsAt }: LivingTask): object {
  const stamp = new Date(endsAt).toISOString().slice(0, 19).replace('T', '-');
  const document = {
    swagger: '2.0',
    info: { title: 'orders', version: stamp },
    host: `${madeUpId(id, 'group')}.apic.example.com`,
    paths: {
      '/orders': { get: { operationId: 'API_orders', responses: { default: { $ref: '#/responses/default' } } } },
    },
    responses: { default: { description: 'response example' } },
  };
  return { FileName: `orders-RELEASE-all-${stamp}`, FileType: '.json', Comment: JSON.stringify(document, null, '\t') };
}
