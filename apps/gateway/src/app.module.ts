import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CacheModule } from '@gateway/cache';
import { PROVIDERS } from '@gateway/providers';
import { UpstreamModule } from '@gateway/upstream';
import type { Logger } from 'pino';
import { AccessModule } from './access/access.module.js';
import { CatalogModule } from './catalog/catalog.module.js';
import { GatewayConfig } from './config/gateway-config.js';
import { HealthModule } from './health/health.module.js';
import { Drain } from './http/gateway-server.js';
import { AUDIT_LOGGER, auditLogger } from './http/logger.js';
import { ProblemWriter } from './http/problem-writer.js';
import { OperationsModule } from './operations/operations.module.js';
import { entryChecks } from './tasks/entry-checks.js';
import { TasksModule } from './tasks/tasks.module.js';

/** The features, and what the process gives to all of them. */
@Module({})
export class AppModule {
  static register(config: GatewayConfig, logger: Logger, drain: Drain, problems: ProblemWriter): DynamicModule {
    const secret = config.access.principalSecret ?? null;
    return {
      module: AppModule,
      global: true,
      imports: [
        UpstreamModule.register(config),
        CacheModule.register({ ...config.cache, secret, checks: entryChecks(PROVIDERS) }),
        AccessModule,
        TasksModule,
        CatalogModule,
        HealthModule,
        OperationsModule,
      ],
      providers: [
        { provide: GatewayConfig, useValue: config },
        { provide: Drain, useValue: drain },
        { provide: AUDIT_LOGGER, useValue: auditLogger(logger) },
        { provide: ProblemWriter, useValue: problems },
        { provide: APP_FILTER, useExisting: ProblemWriter },
      ],
      exports: [GatewayConfig, Drain, AUDIT_LOGGER, ProblemWriter, CacheModule],
    };
  }
}
