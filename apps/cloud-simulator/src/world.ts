import type { Account } from './accounts.js';
import type { Clock } from './clock.js';
import type { FaultBook } from './faults/fault-book.js';
import type { Reply } from './http/reply.js';
import type { Lockout } from './iam/lockout.js';
import type { TokenStore } from './iam/tokens.js';
import type { RequestLog } from './request-log.js';
import type { Dialect } from './services/dialect.js';
import type { TaskBook } from './tasks/task-book.js';

/** Everything that the simulated clouds know. */
export interface World {
  readonly accounts: readonly Account[];
  readonly clock: Clock;
  readonly services: readonly Dialect[];
  readonly tokens: TokenStore;
  readonly lockout: Lockout;
  /** Tasks that live by the clock. */
  readonly tasks: TaskBook;
  /** Verbatim replies by {@link replyKey}; they win over tasks and documented examples. */
  readonly replies: Map<string, Reply>;
  readonly faults: FaultBook;
  readonly requests: RequestLog;
}

export function replyKey(service: string, id: string): string {
  return `${service}/${id}`;
}
