import { Injectable } from '@nestjs/common';
import { TaskCache } from '@gateway/cache';
import { problemOf } from '@gateway/problems';
import type { Problem } from '@gateway/problems';
import type { TaskAddress } from '@gateway/tasks';
import type { LookupTarget } from '@gateway/upstream';
import type { Caller } from '../access/authentication.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { AccessGuard } from '../access/guard.js';
import { AccessProofs } from '../tasks/access-proofs.js';
import type { TaskAccess } from '../tasks/access-proofs.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import type { CacheDirectives } from '../tasks/task-request.js';
import { TaskResolver } from '../tasks/task-resolver.js';
import { TasksService } from '../tasks/tasks.service.js';
import { PollPace } from './poll-pace.js';
import { WatchedTask } from './watched-task.js';
import type { WatchContext } from './watch-lookups.js';
import type { Watcher } from './watcher.js';

/** All that is watched in this process, whoever waits in which way. */
@Injectable()
export class TaskWatches {
  /** By key of the address. */
  private readonly watched = new Map<string, WatchedTask>();
  /** By provider and region. */
  private readonly paces = new Map<string, PollPace>();

  private readonly context: WatchContext;

  constructor(
    private readonly config: GatewayConfig,
    cache: TaskCache,
    private readonly proofs: AccessProofs,
    tasks: TasksService,
    private readonly guard: AccessGuard,
    private readonly resolver: TaskResolver,
  ) {
    this.context = {
      tasks,
      stored: (address) => cache.tasks.getCached(address),
      proofEndsAt: (access) => proofs.endsAt(access),
      random: Math.random,
      onEmpty: ({ key }) => this.watched.delete(key),
    };
    cache.onChange((key) => this.watched.get(key)?.sync());
  }

  /** Tasks that are watched now. */
  get size(): number {
    return this.watched.size;
  }

  /**
   * How a task is to be looked up for who will join: where others watch it, what they know will do. Thousands that come again
   * and again would else ask more often than they wait.
   */
  directivesOf({ address }: LookupTarget, directives: CacheDirectives): CacheDirectives {
    const observedSince = this.watched.get(address.key)?.followedSince ?? null;
    return observedSince === null ? directives : { ...directives, observedSince };
  }

  /**
   * From now on the watcher hears what becomes of the task, until it leaves.
   * @param caller authorized for this target already
   * @param first what the watcher's own lookup has brought: an answer that is not done, or a problem that can pass
   * @returns the address that all who watch this task share: thousands of equal ones would be most of what they hold
   */
  join(target: LookupTarget, caller: Caller, first: TaskAnswer | Problem, watcher: Watcher): TaskAddress {
    const task = this.watched.get(target.address.key) ?? this.watch(target);
    const access = this.proofs.accessOf(caller, target);
    task.add(access, first, watcher);
    // Since it was let in, rights may have changed.
    const denial = this.denialOf(access);
    if (denial !== null) {
      watcher.onProblem(denial);
      watcher.leave();
    }
    return task.target.address;
  }

  /** Rights or regions have changed: whoever would be refused by now hears it, the others go on. */
  checkAll(): void {
    for (const task of this.watched.values()) task.deny((access) => this.denialOf(access));
  }

  /** What a new request of this caller would be refused with; null where it would not. */
  private denialOf({ caller, target }: TaskAccess): Problem | null {
    try {
      this.resolver.check(target, this.guard.readmit(caller));
      return null;
    } catch (error) {
      return problemOf(error);
    }
  }

  private watch(target: LookupTarget): WatchedTask {
    const task = new WatchedTask(target, this.context, this.paceOf(target));
    this.watched.set(target.address.key, task);
    return task;
  }

  private paceOf({ provider, address }: LookupTarget): PollPace {
    const name = `${provider.id} ${address.region}`;
    let pace = this.paces.get(name);
    if (pace === undefined) {
      const { polls, upstream } = this.config;
      // Who asks for a task itself keeps the other half.
      const places = Math.max(1, Math.floor(upstream.concurrency / 2));
      this.paces.set(name, (pace = new PollPace({ perSecond: polls.perSecond, places })));
    }
    return pace;
  }
}
