import { hash } from 'node:crypto';
import { ReplyError } from 'ioredis';
import type { Cluster, Redis } from 'ioredis';
import { RedisRefusal } from '../redis-connection.js';
import type { RedisConnection } from '../redis-connection.js';

type Commands = Pick<RedisConnection, 'get' | 'set' | 'delete' | 'run'>;

/** The commands of a connection, which fail with {@link worded} errors only. */
export function commandsOf(client: Redis | Cluster): Commands {
  const hashes = new Map<string, string>();
  return {
    get: (name) => client.get(name).catch(rethrowWorded),
    set: async (name, text, ttlMs) => {
      await client.set(name, text, 'PX', ttlMs).catch(rethrowWorded);
    },
    delete: async (name) => {
      await client.del(name).catch(rethrowWorded);
    },
    run: async ({ lua }, names, args) => {
      const known = hashes.get(lua) ?? hash('sha1', lua, 'hex');
      hashes.set(lua, known);
      const rest = [...names, ...args];
      try {
        return await client.evalsha(known, names.length, ...rest);
      } catch (error) {
        const reason = worded(error);
        // New, restarted or after a failover: EVAL also makes it known.
        if (!(reason instanceof RedisRefusal) || reason.word !== 'NOSCRIPT') throw reason;
        return await client.eval(lua, names.length, ...rest).catch(rethrowWorded);
      }
    },
  };
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
