import { Injectable, Logger, Module } from '@nestjs/common';
import { UpstreamClient } from '@gateway/upstream';
import { AccessGuard, AccessModule } from '../access/guard.js';
import { changesBetween, fixedChanges, kindOf } from '../config/changes.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { configSource, ConfigError, loadConfig } from '../config/load-config.js';
import type { Environment } from '../config/load-config.js';
import { TaskRequests } from '../tasks/task-request.js';
import { TaskResolver } from '../tasks/task-resolver.js';
import { TasksModule } from '../tasks/tasks.controller.js';
import { TaskWatches } from '../watch/task-watches.js';
import { WatchModule } from '../watch/watch.module.js';

/** Has a running gateway take over another configuration: all of it, between two requests, or nothing. */
@Injectable()
export class Reload {
  private readonly logger = new Logger('Reload');
  /** Of all regions that there ever were, by name. */
  private readonly kinds = new Map<string, string>();

  constructor(
    private readonly config: GatewayConfig,
    private readonly guard: AccessGuard,
    private readonly upstream: UpstreamClient,
    private readonly resolver: TaskResolver,
    private readonly requests: TaskRequests,
    private readonly watches: TaskWatches,
  ) {
    this.noteKinds();
  }

  /** Reads the configuration as a start does. What cannot be used, or needs a restart, is logged, and all stays as it is. */
  run(environment: Environment): void {
    try {
      const next = loadConfig(environment);
      const changes = changesBetween(this.config, next);
      const fixed = fixedChanges(changes, next, this.kinds);
      if (fixed.length > 0) throw new ConfigError(configSource(environment), fixed);
      if (changes.length > 0) this.apply(next, changes);
      this.logger.log(`The configuration was read again. Changed: ${changes.join(', ') || 'nothing'}`);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.logger.error(`The configuration stays as it is. ${error.message}`);
    }
  }

  private apply(next: GatewayConfig, changes: readonly string[]): void {
    // The one object that all were given: it says what holds now.
    Object.assign(this.config, next);
    this.noteKinds();
    if (changes.some((place) => place.startsWith('access.'))) this.guard.apply(this.config.access);
    this.upstream.apply(this.config);
    this.resolver.apply(this.config);
    this.requests.forgetAll();
    this.watches.checkAll();
  }

  private noteKinds(): void {
    for (const region of this.config.regions) this.kinds.set(region.name, kindOf(region));
  }
}

/** Taking over another configuration. */
@Module({ imports: [AccessModule, TasksModule, WatchModule], providers: [Reload] })
export class ReloadModule {}
