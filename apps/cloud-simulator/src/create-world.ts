import type { Account } from './accounts.js';
import { createClock } from './clock.js';
import { createFaultBook } from './faults/fault-book.js';
import { createLockout } from './iam/lockout.js';
import { createTokenStore } from './iam/tokens.js';
import { createRequestLog } from './request-log.js';
import { SERVICES } from './services/index.js';
import { createTaskBook } from './tasks/task-book.js';
import type { World } from './world.js';

export interface WorldOptions {
  readonly accounts: readonly Account[];
  /** Characters. */
  readonly tokenLength: number;
  /** Milliseconds. */
  readonly tokenLifeMs: number;
}

/** A world in which nothing has happened yet. */
export function createWorld({ accounts, tokenLength, tokenLifeMs }: WorldOptions): World {
  const clock = createClock();
  return {
    accounts,
    clock,
    services: SERVICES,
    tokens: createTokenStore(clock, tokenLength, tokenLifeMs),
    lockout: createLockout(clock),
    tasks: createTaskBook(),
    replies: new Map(),
    faults: createFaultBook(),
    requests: createRequestLog(),
  };
}

/** Everything back to the start. */
export function resetWorld(world: World): void {
  world.clock.reset();
  world.tokens.reset();
  world.lockout.reset();
  world.tasks.reset();
  world.replies.clear();
  world.faults.clear();
  world.requests.clear();
}
