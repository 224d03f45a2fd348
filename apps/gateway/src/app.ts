import { readFileSync } from 'node:fs';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { DestinationStream, Logger } from 'pino';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { CacheModule, TaskCache } from '@gateway/cache';
import { PROVIDERS } from '@gateway/providers';
import { UpstreamModule } from '@gateway/upstream';
import { CREDENTIAL_HEADERS } from './access/credential-headers.js';
import { AccessModule } from './access/guard.js';
import { CatalogModule } from './catalog/catalog.controllers.js';
import { GatewayConfig } from './config/gateway-config.js';
import type { ServerConfig } from './config/gateway-config.js';
import { BUILD_INFO, buildInfo } from './health/build-info.js';
import type { BuildInfo } from './health/build-info.js';
import { HealthModule } from './health/health.controller.js';
import { ACCESS_LOG, accessLog } from './http/access-log.js';
import type { AccessLog } from './http/access-log.js';
import { EventLoopDelay } from './http/event-loop-delay.js';
import { Drain, GatewayServer } from './http/gateway-server.js';
import { callersBegin, EXPOSED, installHooks } from './http/hooks.js';
import type { Begin } from './http/hooks.js';
import { standardOutput } from './http/line-output.js';
import { AUDIT_LOGGER, auditLogger, createLogger, nestLogger } from './http/logger.js';
import { listenerOptions, ProblemWriter } from './http/problem-writer.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { OperationsModule } from './operations/operations-listener.js';
import { hearOfPurges, tellOfPurges } from './siblings/shared-purges.js';
import { Siblings } from './siblings/siblings.js';
import { ReloadModule } from './reload/reload.js';
import { ExpressRoute } from './tasks/express-route.js';
import { entryChecks } from './tasks/stored-entries.js';
import { TasksModule } from './tasks/tasks.controller.js';
import { tracingSettings } from './tracing/settings.js';
import { passingOn, TracingEnd } from './tracing/trace-context.js';
import type { Tracing } from './tracing/trace-context.js';
import { LongPoll } from './watch/long-poll.js';
import { WatchModule } from './watch/watch.module.js';

/** The gateway, not listening yet: what `main`, the OpenAPI document and the tests all run. */
export async function createApp(
  config: GatewayConfig,
  logs?: DestinationStream,
  siblings = Siblings.none(),
): Promise<NestFastifyApplication> {
  const document = readDocument();
  const build = buildInfo(document.info.version);
  const destination = logs ?? standardOutput();
  const logger = createLogger(config.server.logLevel, destination);
  const log = logger.isLevelEnabled('info') ? accessLog(destination) : null;
  // Where nobody can read them, nothing is counted.
  const requests = config.admin === undefined ? null : new RequestMetrics();
  const tracing = await tracingOf(build);
  const onEnd = [log?.onEnd, requests?.onEnd, tracing.onEnd ?? undefined].filter((tell) => tell !== undefined);
  const delay = new EventLoopDelay(() => config.limits.maxEventLoopDelayMs);
  const named = callersBegin(onEnd, CREDENTIAL_HEADERS[config.access.mode], delay);
  const begin: Begin = (request, reply) => {
    tracing.onRequest(request);
    named(request, reply);
  };
  const server = new GatewayServer(config.server);
  const drain = new Drain();
  drain.add(server);
  const problems = new ProblemWriter(() => server.baseUrl());
  const adapter = new FastifyAdapter(listenerOptions(server, problems, drain, begin));
  installHooks(adapter.getInstance(), drain, begin, '/docs');
  adapter.getInstance().addHook('preValidation', (request, _reply, next) => tracing.enter(request, next));
  adapter.getInstance().addHook('onClose', async () => delay.stop());
  const module = AppModule.register(config, logger, log, requests, tracing, drain, problems, build, siblings);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  hearOfPurges(siblings, app.get(TaskCache));
  app.get(ExpressRoute).attachTo(adapter.getInstance());
  app.get(LongPoll).attachTo(adapter.getInstance());
  const origins = corsOrigins(config.server);
  if (origins.length > 0)
    app.enableCors({
      origin: origins,
      methods: ['GET', 'HEAD', 'POST'],
      exposedHeaders: [...EXPOSED],
      maxAge: 600,
      // The hooks name preflights, too, and refuse other OPTIONS.
      preflightContinue: true,
      strictPreflight: false,
    });
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'openapi.json', raw: ['json'] });
  return app;
}

/** With spans where OpenTelemetry's variables say where to; its SDK is loaded then only. @throws Error for values that are not supported */
async function tracingOf(build: BuildInfo): Promise<Tracing> {
  const settings = tracingSettings(process.env);
  if (settings === null) return passingOn();
  const { startTracing } = await import('./tracing/otel.js');
  return startTracing(settings, build);
}

const LOCALHOST = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/** Origins whose pages may read answers; none switches CORS off. */
function corsOrigins({ corsOrigins: exact, corsLocalhost }: ServerConfig): (string | RegExp)[] {
  return corsLocalhost ? [...exact, LOCALHOST] : [...exact];
}

/** The committed document, which `npm run check` holds the routes to: a build without it does not start. */
function readDocument(): OpenAPIObject {
  return JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as OpenAPIObject;
}

/** The features, and what the process gives to all of them. */
@Module({})
class AppModule {
  static register(
    config: GatewayConfig,
    logger: Logger,
    log: AccessLog | null,
    requests: RequestMetrics | null,
    tracing: Tracing,
    drain: Drain,
    problems: ProblemWriter,
    build: BuildInfo,
    siblings: Siblings,
  ): DynamicModule {
    const secret = config.access.principalSecret ?? null;
    return {
      module: AppModule,
      global: true,
      imports: [
        UpstreamModule.register(config),
        CacheModule.register({
          ...config.cache,
          secret,
          checks: entryChecks(PROVIDERS),
          tellSiblings: tellOfPurges(siblings),
        }),
        AccessModule,
        TasksModule,
        WatchModule,
        CatalogModule,
        HealthModule,
        OperationsModule,
        ReloadModule,
      ],
      providers: [
        { provide: GatewayConfig, useValue: config },
        { provide: BUILD_INFO, useValue: build },
        { provide: Siblings, useValue: siblings },
        { provide: Drain, useValue: drain },
        { provide: ACCESS_LOG, useValue: log },
        { provide: RequestMetrics, useValue: requests },
        { provide: TracingEnd, useValue: new TracingEnd(tracing) },
        { provide: AUDIT_LOGGER, useValue: auditLogger(logger) },
        { provide: ProblemWriter, useValue: problems },
        { provide: APP_FILTER, useExisting: ProblemWriter },
      ],
      exports: [
        GatewayConfig,
        BUILD_INFO,
        Siblings,
        Drain,
        ACCESS_LOG,
        RequestMetrics,
        AUDIT_LOGGER,
        ProblemWriter,
        CacheModule,
      ],
    };
  }
}
