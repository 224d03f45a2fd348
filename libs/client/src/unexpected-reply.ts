import type { BatchGetReply, Task } from './generated/index.js';

/**
 * Thrown when what answered is no gateway, or the answer is not what was asked for: most likely `baseUrl` leads somewhere
 * else. Asking again does not help.
 */
export class UnexpectedReplyError extends Error {
  override readonly name = 'UnexpectedReplyError';

  constructor(
    /** What was asked, without its query. */
    readonly url: string,
    readonly status: number,
    /** What was found there, such as `text/html: <!doctype html>…`. */
    readonly found: string,
  ) {
    super(`${url} answered with status ${status}, ${found} (is baseUrl the address of a task gateway?)`);
  }
}

/** Whether this is a Task, as far as waiting for one needs it. */
export function isTask(value: unknown): value is Task {
  const { id, provider, status, version, done } = (value ?? {}) as Partial<Record<string, unknown>>;
  return [id, provider, status, version].every((member) => typeof member === 'string') && typeof done === 'boolean';
}

export function isBatchGetReply(value: unknown): value is BatchGetReply {
  return Array.isArray((value as Partial<BatchGetReply> | null | undefined)?.items);
}
