import type { Task } from './generated/index.js';

/** Thrown when `timeoutMs` is over before the task is done. Says nothing about the task: it goes on. */
export class WaitTimeoutError extends Error {
  // What the platform's own deadlines are called.
  override readonly name = 'TimeoutError';

  constructor(
    timeoutMs: number,
    /** The last known state; null where none was seen. */
    readonly task: Task | null,
  ) {
    super(`not done after ${timeoutMs} ms${task === null ? '' : `: ${task.status}`}`);
  }
}
