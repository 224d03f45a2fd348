import { asObject, asText, isObject, parseTime, redactLoose, completeTask, statusOf } from '@gateway/tasks';
import type { JsonObject, TaskData, NormalizeResult, TaskResource, TaskStatus, TimeFormat } from '@gateway/tasks';

/** The page names no words; these six are in the interfaces of all three engines. A deleted record never means success. */
export const DMS_STATUSES: Readonly<Record<string, TaskStatus>> = {
  CREATED: 'pending',
  EXECUTING: 'running',
  SUCCESS: 'succeeded',
  FAILED: 'failed',
  DELETED: 'failed',
  CANCELLED: 'cancelled',
};

const TIMES: readonly TimeFormat[] = ['iso', 'epoch'];
const PUBLIC_IP_ACTIONS: Readonly<Record<string, string>> = {
  bindInstancePublicIp: 'bind',
  unbindInstancePublicIp: 'unbind',
};

/** Reads a DMS background task (Kafka, RabbitMQ, RocketMQ) out of the list that even a single task comes in. */
export function normalizeDmsTask(body: unknown, id: string): NormalizeResult {
  // An empty list also comes as null, or not at all beside its count.
  if (!isObject(body) || !('tasks' in body || 'task_count' in body)) return { kind: 'unrecognized' };
  const list = body['tasks'] ?? [];
  if (!Array.isArray(list)) return { kind: 'unrecognized' };
  // `task_count` is text and not reliable; only the ids tell which task this is.
  const tasks = list.map(asObject);
  const [task, ...again] = tasks.filter((candidate) => asText(candidate['id']) === id);
  // One id with two states tells none of them.
  if (again.some((other) => asText(other['status']) !== asText(task?.['status']))) return { kind: 'unrecognized' };
  if (task !== undefined) return { kind: 'task', task: readTask(task, id), artifact: null };
  // A list of other tasks says that this one is not there; one with a task that it does not name says nothing.
  return { kind: tasks.every((other) => asText(other['id']) !== null) ? 'not-found' : 'unrecognized' };
}

function readTask(task: JsonObject, id: string): TaskData {
  const upstreamStatus = asText(task['status']) ?? '';
  const status = statusOf(DMS_STATUSES, upstreamStatus);
  const type = asText(task['name']);
  const createdAt = parseTime(task['created_at'], TIMES);
  const updatedAt = parseTime(task['updated_at'], TIMES);
  const parameters = redactLoose(task['params']);
  return completeTask({
    id,
    status,
    upstreamStatus,
    type,
    createdAt,
    // Documented as the start time of the task, which a record that still waits does not have.
    startedAt: status === 'pending' ? null : createdAt,
    updatedAt,
    // Documented as the end time, but it moves while the task still runs.
    endedAt: updatedAt,
    parameters,
    resources: readPublicIp(type, parameters),
  });
}

function readPublicIp(type: string | null, parameters: JsonObject | null): readonly TaskResource[] {
  const id = asText(parameters?.['public_ip_id']);
  if (id === null) return [];
  const name = asText(parameters?.['public_ip_address']);
  const action = type !== null && Object.hasOwn(PUBLIC_IP_ACTIONS, type) ? PUBLIC_IP_ACTIONS[type] : undefined;
  return [{ type: 'public_ip', id, ...(name === null ? {} : { name }), ...(action === undefined ? {} : { action }) }];
}
