import { ReplyError } from 'ioredis';
import { RedisRefusal } from '../redis-connection.js';

/** An error of the client carries the command with its arguments, keys, values and passwords: it goes no further. */
export function worded(error: unknown): Error {
  if (error instanceof RedisRefusal) return error;
  if (error instanceof ReplyError) return new RedisRefusal(wordOf((error as Error).message));
  const { code, message, lastNodeError } = Object(error) as Readonly<Record<string, unknown>>;
  // Of a cluster none of whose nodes answered.
  if (lastNodeError instanceof Error) return worded(lastNodeError);
  const text = String(message);
  // The keys were on their way to another node, and still are.
  if (text.startsWith('Too many Cluster redirections')) return new RedisRefusal('MOVED');
  return Object.assign(new Error(text === 'Command timed out' ? text : 'Connection lost'), { code });
}

/** Before Redis 7 the refusal of a command within a script stands in the text of an `ERR`. */
function wordOf(message: string): string {
  const inner = /^ERR Error running script .*: -?([A-Z]{3,})(?= )/.exec(message)?.[1];
  return inner ?? /^[A-Z]+(?= |$)/.exec(message)?.[0] ?? 'ERR';
}
