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
  if (text.startsWith('All sentinels are unreachable')) return sentinelTrouble(text);
  return Object.assign(new Error(text === 'Command timed out' ? text : 'Connection lost'), { code });
}

/** The client tells the last Sentinel's error in its text, and none where they do not know the primary. */
function sentinelTrouble(text: string): Error {
  const last = / Last error: (.*)$/s.exec(text)?.[1];
  if (last === undefined) return Object.assign(new Error('No Sentinel knows the primary'), { code: 'UNKNOWN_MASTER' });
  const word = /^(?:NOAUTH|NOPERM|WRONGPASS|ERR)(?= )/.exec(last)?.[0];
  if (word !== undefined) return new RedisRefusal(word);
  return Object.assign(new Error('No Sentinel answers'), { code: 'NO_SENTINEL' });
}

/** Before Redis 7 the refusal of a command within a script stands in the text of an `ERR`. */
function wordOf(message: string): string {
  const inner = /^ERR Error running script .*: -?([A-Z]{3,})(?= )/.exec(message)?.[1];
  return inner ?? /^[A-Z]+(?= |$)/.exec(message)?.[0] ?? 'ERR';
}
