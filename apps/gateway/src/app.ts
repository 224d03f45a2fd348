import { readFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { DestinationStream } from 'pino';
import { CREDENTIAL_HEADERS } from './access/credential-headers.js';
import { AppModule } from './app.module.js';
import type { GatewayConfig, ServerConfig } from './config/gateway-config.js';
import { accessLog } from './http/access-log.js';
import { Drain, GatewayServer } from './http/gateway-server.js';
import { callersBegin, EXPOSED, installHooks } from './http/hooks.js';
import { standardOutput } from './http/line-output.js';
import { listenerOptions } from './http/listener.js';
import { createLogger, nestLogger } from './http/logger.js';
import { ProblemWriter } from './http/problem-writer.js';
import { ExpressRoute } from './tasks/express-route.js';

/** The gateway, not listening yet: what `main`, the OpenAPI document and the tests all run. */
export async function createApp(config: GatewayConfig, logs?: DestinationStream): Promise<NestFastifyApplication> {
  const destination = logs ?? standardOutput();
  const logger = createLogger(config.server.logLevel, destination);
  const log = logger.isLevelEnabled('info') ? accessLog(destination) : null;
  const begin = callersBegin(log, CREDENTIAL_HEADERS[config.access.mode]);
  const server = new GatewayServer(config.server);
  const drain = new Drain(server);
  const problems = new ProblemWriter(() => server.baseUrl());
  const adapter = new FastifyAdapter(listenerOptions(server, problems, drain, begin));
  installHooks(adapter.getInstance(), drain, begin, '/docs');
  const module = AppModule.register(config, logger, drain, problems);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.get(ExpressRoute).attachTo(adapter.getInstance());
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
  SwaggerModule.setup('docs', app, readDocument(), { jsonDocumentUrl: 'openapi.json', raw: ['json'] });
  return app;
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
