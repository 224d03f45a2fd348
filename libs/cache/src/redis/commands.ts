import { hash } from 'node:crypto';
import { ReplyError } from 'ioredis';
import type { Cluster, Redis } from 'ioredis';
import { RedisRefusal } from '../redis-connection.js';
import type { RedisConnection } from '../redis-connection.js';
import { COMMAND_MS } from './client-options.js';

type Commands = Pick<RedisConnection, 'get' | 'set' | 'delete' | 'run'>;

/** The commands of a connection, which fail with {@link worded} errors only. */
export function commandsOf(client: Redis | Cluster): Commands {
  const hashes = new Map<string, string>();
  return {
    get: (name) => inTime(client.get(name)).catch(rethrowWorded),
    set: async (name, text, ttlMs) => {
      await inTime(client.set(name, text, 'PX', ttlMs)).catch(rethrowWorded);
    },
    delete: async (name) => {
      await inTime(client.del(name)).catch(rethrowWorded);
    },
    run: async ({ lua }, names, args) => {
      const known = hashes.get(lua) ?? hash('sha1', lua, 'hex');
      hashes.set(lua, known);
      const rest = [...names, ...args];
      try {
        return await inTime(client.evalsha(known, names.length, ...rest));
      } catch (error) {
        const reason = worded(error);
        // New, restarted or after a failover: EVAL also makes it known.
        if (!(reason instanceof RedisRefusal) || reason.word !== 'NOSCRIPT') throw reason;
        return await inTime(client.eval(lua, names.length, ...rest)).catch(rethrowWorded);
      }
    },
  };
}

/**
 * Not left to the client: its timers come first after a busy moment of this process, while the answers that arrived in
 * the meantime are still unread. A crowd of callers would be taken for a Redis that does not answer.
 */
function inTime<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let unread: NodeJS.Immediate | undefined;
    const late = setTimeout(() => {
      unread = setImmediate(() => reject(new Error('Command timed out')));
    }, COMMAND_MS);
    const end = (): void => {
      clearTimeout(late);
      clearImmediate(unread);
    };
    reply.finally(end).then(resolve, reject);
  });
}

/** An error of the client carries the command with its arguments, keys, values and passwords: it goes no further. */
export function worded(error: unknown): unknown {
  if (!(error instanceof ReplyError)) return error;
  return new RedisRefusal(wordOf((error as Error).message));
}

/** Before Redis 7 the refusal of a command within a script stands in the text of an `ERR`. */
function wordOf(message: string): string {
  const inner = /^ERR Error running script .*: -?([A-Z]{3,})(?= )/.exec(message)?.[1];
  return inner ?? /^[A-Z]+(?= |$)/.exec(message)?.[0] ?? 'ERR';
}

function rethrowWorded(error: unknown): never {
  throw worded(error);
}
