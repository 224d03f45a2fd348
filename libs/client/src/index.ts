export { ConnectionError, ProblemError, UnexpectedReplyError, WaitTimeoutError } from './errors.js';
export type * from './generated/index.js';
export type { TaskBatch, TaskLink, TaskReference, TaskWaiter } from './request-url.js';
export { TaskClient } from './task-client.js';
export type { GetTaskOptions, RequestOptions, TaskClientOptions, TaskWithResponse } from './task-client.js';
export type { Transport } from './transport.js';
export type { WaitOptions } from './waiting.js';
