import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { CacheModule } from '@gateway/cache';
import { PROVIDERS } from '@gateway/providers';
import { UpstreamModule } from '@gateway/upstream';
import { AccessGuard } from './access/guard.js';
import type { Logger } from 'pino';
import { OperationsListener } from './operations/operations-listener.js';
import { PurgeRoutes } from './operations/purge-routes.js';
import { ProblemsController } from './catalog/problems.controller.js';
import { ProvidersController } from './catalog/providers.controller.js';
import { GatewayConfig } from './config/gateway-config.js';
import { HealthController } from './health/health.controller.js';
import { Drain } from './http/drain.js';
import { AUDIT_LOGGER, auditLogger } from './http/logger.js';
import { ProblemWriter } from './http/problem-writer.js';
import { BatchService } from './tasks/batch.service.js';
import { entryChecks } from './tasks/entry-checks.js';
import { ExpressRoute } from './tasks/express-route.js';
import { ReaderProofs } from './tasks/reader-proofs.js';
import { TaskLookup } from './tasks/task-lookup.js';
import { TaskResolver } from './tasks/task-resolver.js';
import { TaskRequests } from './tasks/task-request.js';
import { TasksController } from './tasks/tasks.controller.js';
import { TasksService } from './tasks/tasks.service.js';

@Module({})
export class AppModule {
  static register(config: GatewayConfig, logger: Logger, drain: Drain, problems: ProblemWriter): DynamicModule {
    const { memoryBytes, maxEntryBytes, finalTtlSeconds, unfinishedTtlSeconds, staleSeconds, redis } = config.cache;
    const secret = config.access.principalSecret ?? null;
    const maxTtlSeconds = Math.max(finalTtlSeconds, unfinishedTtlSeconds + staleSeconds);
    return {
      module: AppModule,
      imports: [
        UpstreamModule.register(config),
        CacheModule.register({
          memoryBytes,
          maxEntryBytes,
          maxTtlSeconds,
          redis: redis ?? null,
          secret,
          checks: entryChecks(PROVIDERS),
        }),
      ],
      controllers: [TasksController, ProvidersController, ProblemsController, HealthController],
      providers: [
        { provide: GatewayConfig, useValue: config },
        { provide: Drain, useValue: drain },
        { provide: AUDIT_LOGGER, useValue: auditLogger(logger) },
        { provide: ProblemWriter, useValue: problems },
        { provide: APP_FILTER, useExisting: ProblemWriter },
        { provide: APP_GUARD, useExisting: AccessGuard },
        AccessGuard,
        TaskResolver,
        TaskRequests,
        ReaderProofs,
        TaskLookup,
        TasksService,
        ExpressRoute,
        BatchService,
        OperationsListener,
        PurgeRoutes,
      ],
    };
  }
}
