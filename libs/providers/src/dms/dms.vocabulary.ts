import type { TaskStatus, TaskType } from '@gateway/tasks';

/** The page names no words; these six are in the interfaces of all three engines. A deleted record never means success. */
export const DMS_STATUSES: Readonly<Record<string, TaskStatus>> = {
  CREATED: 'pending',
  EXECUTING: 'running',
  SUCCESS: 'succeeded',
  FAILED: 'failed',
  DELETED: 'failed',
  CANCELLED: 'cancelled',
};

export const DMS_TASK_TYPES: Readonly<Record<string, TaskType>> = {
  bindInstancePublicIp: { title: 'Public address bound to an instance', result: {} },
  unbindInstancePublicIp: { title: 'Public address released from an instance', result: {} },
  kafkaReassignmentJob: { title: 'Reassignment of Kafka partitions', result: {} },
};
