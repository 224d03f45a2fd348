import { ReplyError } from 'ioredis';

/** An error that the server replied with to one command: it is alive and speaks to us. */
export class RedisReplyError extends Error {
  override readonly name = 'RedisReplyError';

  /** @param word the first of the reply: `OOM`, `READONLY`, `NOAUTH` */
  constructor(readonly word: string) {
    super(word);
  }
}

/** An error of the client carries the command with its arguments, keys, values and passwords: it goes no further. */
export function sanitized(error: unknown): Error {
  if (error instanceof RedisReplyError) return error;
  if (error instanceof ReplyError) return new RedisReplyError(wordOf((error as Error).message));
  const { code, message, lastNodeError } = Object(error) as Readonly<Record<string, unknown>>;
  // Of a cluster none of whose nodes answered.
  if (lastNodeError instanceof Error) return sanitized(lastNodeError);
  const text = String(message);
  // The keys were on their way to another node, and still are.
  if (text.startsWith('Too many Cluster redirections')) return new RedisReplyError('MOVED');
  return Object.assign(new Error(text === 'Command timed out' ? text : 'Connection lost'), { code });
}

/** Why a connection failed, for the log. Texts of errors may hold addresses and passwords: only words that cannot are repeated. */
export function reasonOf(error: unknown): string {
  if (error instanceof RedisReplyError) return error.word;
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code;
  return message === 'Command timed out' ? 'no answer in time' : 'connection lost';
}

/** Before Redis 7 the error of a command within a script stands in the text of an `ERR`. */
function wordOf(message: string): string {
  const inner = /^ERR Error running script .*: -?([A-Z]{3,})(?= )/.exec(message)?.[1];
  return inner ?? /^[A-Z]+(?= |$)/.exec(message)?.[0] ?? 'ERR';
}
