export type * from './generated/index.js';
export { ConnectionError, ProblemError } from './problem-error.js';
export { TaskClient } from './task-client.js';
export type { GetTaskOptions, RequestOptions, TaskClientOptions, WaitOptions } from './task-client.js';
export type { TaskBatch, TaskReference } from './task-reference.js';
export { UnexpectedReplyError } from './unexpected-reply.js';
export { WaitTimeoutError } from './wait-timeout-error.js';
