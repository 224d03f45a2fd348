import { LongPoll } from '../../../apps/gateway/src/watch/long-poll.js';
import { TaskWatches } from '../../../apps/gateway/src/watch/task-watches.js';
import { haveRead } from '../../sharing/support/replicas.js';
import type { ReplicaOptions } from '../../sharing/support/replicas.js';
import { eventually } from '../../support/eventually.js';
import type { Ask, Reply } from '../../support/http-client.js';
import { startFollowedCloud } from './followed-cloud.js';
import type { FollowedCloud } from './followed-cloud.js';

type Headers = Readonly<Record<string, string>>;

/** A request that waits. */
export interface Waiting {
  readonly reply: Promise<Reply>;
  readonly hangUp: () => void;
}

/** A gateway that lets requests wait for what a cloud says about its tasks. */
export interface WaitingCloud extends FollowedCloud {
  readonly get: (path: string, headers?: Headers) => Promise<Reply>;
  /** Asks with `Prefer: wait=50`, unless told otherwise; resolves once the request waits. */
  readonly wait: (path: string, headers?: Headers) => Promise<Waiting>;
  /** Requests that wait now. */
  readonly waits: () => number;
  /** Tasks that are watched for somebody. */
  readonly watched: () => number;
  /** Resolves once all that was caused before has been heard of by those who wait. */
  readonly settled: () => Promise<void>;
}

export async function startWaitingCloud(options: Partial<ReplicaOptions> = {}): Promise<WaitingCloud> {
  const followed = await startFollowedCloud(options);
  const { gateway } = followed;
  const [polls, watches] = [gateway.app.get(LongPoll), gateway.app.get(TaskWatches)];
  const abandoned: Waiting[] = [];
  return {
    ...followed,
    get: (path, headers = {}) => gateway.ask({ path, headers }),
    async wait(path, headers = {}) {
      const before = polls.size;
      const waiting = hangingUp(gateway.ask, { path, headers: { prefer: 'wait=50', ...headers } });
      abandoned.push(waiting);
      await Promise.race([eventually(() => polls.size === before + 1), waiting.reply]);
      if (polls.size === before) throw new Error(`answered at once: ${(await waiting.reply).text}`);
      return waiting;
    },
    waits: () => polls.size,
    watched: () => watches.size,
    settled: () => haveRead([gateway]),
    async close() {
      for (const { hangUp } of abandoned) hangUp();
      await followed.close();
    },
  };
}

/** A request whose caller may leave. */
export function hangingUp(ask: (what: Ask) => Promise<Reply>, what: Ask): Waiting {
  const caller = new AbortController();
  const reply = ask({ ...what, signal: caller.signal });
  // Whoever waits for it hears of a failure; who has left does not.
  reply.catch(() => undefined);
  return { reply, hangUp: () => caller.abort() };
}

/** What matters of a reply to a wait: status, state of the task and source, or code of the problem; and what was applied. */
export function shown({ status, body, headers }: Reply): readonly unknown[] {
  const { code, status: state, source } = Object(body) as Readonly<Record<string, unknown>>;
  const content = code === undefined ? [state, source] : [code];
  return [status, ...content, headers['preference-applied']].filter((part) => part !== undefined);
}
