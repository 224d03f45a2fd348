export { ConnectionError, ProblemError, UnexpectedReplyError, WaitTimeoutError } from './errors.js';
export type * from './generated/index.js';
export type { TaskBatch, TaskReference } from './request-url.js';
export { TaskClient } from './task-client.js';
export type { GetTaskOptions, RequestOptions, TaskClientOptions, WaitOptions } from './task-client.js';
