import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';
import { isoTime, madeUpUuid } from '../tasks/made-up.js';
import type { TaskMoment } from '../tasks/living-task.js';
import type { OwnDialect } from './dialect.js';

const STATUSES = {
  queued: 'CREATED',
  running: 'EXECUTING',
  succeeded: 'SUCCESS',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
  // Never drawn: a background task has no items.
  partial: 'SUCCESS',
} as const;

/** Distributed Message Service: Kafka, RabbitMQ and RocketMQ instances. */
export const dms: OwnDialect = {
  defaultType: () => 'bindInstancePublicIp',
  outcomes: () => ['succeeded', 'failed', 'cancelled'],
  errorReplies: {
    'token-missing': () => errorReply(401, 'DMS.10240103', 'Missing token.'),
    'token-invalid': () => errorReply(401, 'DMS.10240101', 'Invalid token.'),
    'token-expired': () => errorReply(401, 'DMS.10240102', 'Expired token.'),
    'wrong-project': () => errorReply(401, 'DMS.10240104', 'The project ID and token do not match.'),
    forbidden: () => errorReply(403, 'DMS.00403002', 'The user does not have the permissions for this operation.'),
    'malformed-task-id': () => errorReply(400, 'DMS.00400070', 'Invalid task ID.'),
    'unknown-instance': () => errorReply(404, 'DMS.00404022', 'This instance does not exist.'),
    // The read of one task is a list that happens to be empty.
    'unknown-task': () => json(200, { task_count: '0', tasks: [] }),
  },
  render: (moment) => ({ task_count: '1', tasks: [drawTask(moment)] }),
};

function errorReply(status: number, code: string, text: string): Reply {
  return json(status, { error_code: code, error_msg: text });
}

function drawTask({ task, phase }: TaskMoment): Readonly<Record<string, string>> {
  return {
    id: task.id,
    name: task.type,
    user_name: 'paas_dms',
    user_id: '3df5acbc24a54fadb62a043c9000a307',
    params: drawParams(task.type, task.id),
    status: STATUSES[phase],
    created_at: isoTime(task.createdAt),
    // Documented as the end, but it moves when the task starts, too.
    updated_at: isoTime(updatedAt({ task, phase })),
  };
}

function updatedAt({ task, phase }: Pick<TaskMoment, 'task' | 'phase'>): number {
  if (phase === 'queued') return task.createdAt;
  return phase === 'running' ? task.startsAt : task.endsAt;
}

function drawParams(type: string, taskId: string): string {
  if (type !== 'bindInstancePublicIp') return '{}';
  const address = { public_ip_id: madeUpUuid(taskId, 'address'), public_ip_address: '100.93.2.18' };
  return JSON.stringify({ ...address, enable_public_ip: true });
}
