import { Injectable, Logger, Module } from '@nestjs/common';
import { UpstreamClient } from '@gateway/upstream';
import { AccessGuard, AccessModule } from '../access/guard.js';
import type { ReadFiles } from '../config/files.js';
import { GatewayConfig } from '../config/gateway-config.js';
import type { Environment } from '../config/load-config.js';
import { TaskRequests } from '../tasks/task-request.js';
import { TaskResolver } from '../tasks/task-resolver.js';
import { TasksModule } from '../tasks/tasks.controller.js';
import { TaskWatches } from '../watch/task-watches.js';
import { WatchModule } from '../watch/watch.module.js';
import { RunningConfig } from './running-config.js';

/** Has a running gateway take over another configuration: all of it, between two requests, or nothing. */
@Injectable()
export class Reload {
  private readonly logger = new Logger('Reload');
  private readonly running: RunningConfig;

  constructor(
    private readonly config: GatewayConfig,
    private readonly guard: AccessGuard,
    private readonly upstream: UpstreamClient,
    private readonly resolver: TaskResolver,
    private readonly requests: TaskRequests,
    private readonly watches: TaskWatches,
  ) {
    this.running = new RunningConfig(config);
  }

  /** Takes over what {@link RunningConfig.read} returns. */
  run(environment: Environment, files?: ReadFiles): void {
    const next = this.running.read(environment, files);
    if (next === null) return;
    if (next.changes.length > 0) this.apply(next.config, next.changes);
    this.logger.log(`The configuration was read again. Changed: ${next.changes.join(', ') || 'nothing'}`);
  }

  private apply(next: GatewayConfig, changes: readonly string[]): void {
    // The one object that all were given: it says what holds now.
    Object.assign(this.config, next);
    if (changes.some((place) => place.startsWith('access.'))) this.guard.apply(this.config.access);
    this.upstream.apply(this.config);
    this.resolver.apply(this.config);
    this.requests.forgetAll();
    this.watches.checkAll();
  }
}

/** Taking over another configuration. */
@Module({ imports: [AccessModule, TasksModule, WatchModule], providers: [Reload] })
export class ReloadModule {}
