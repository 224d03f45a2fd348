import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { findProvider } from '@gateway/providers';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { DestinationStream } from 'pino';
import { CREDENTIAL_HEADERS } from './access/credential-headers.js';
import { AppModule } from './app.module.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { accessLog, installAccessLog, logAtEnd } from './http/access-log.js';
import { clientErrorHandler, refuseTunnels } from './http/client-error.js';
import { corsOrigins } from './http/cors-origins.js';
import { Drain } from './http/drain.js';
import { EXPOSED, installEdge, setCommonHeaders } from './http/hooks.js';
import { GatewayServer } from './http/gateway-server.js';
import { MAX_BODY_BYTES, MAX_URL_BYTES } from './http/limits.js';
import { standardOutput } from './http/line-output.js';
import { createLogger, nestLogger } from './http/logger.js';
import { ProblemFilter } from './http/problem-reply.js';
import { requestId } from './http/request-id.js';
import { ProblemContexts } from './http/problem-context.js';
import { ExpressRoute } from './tasks/express-route.js';

const isProvider = (id: string): boolean => findProvider(id) !== undefined;

/** The gateway, not listening yet: what `main`, the OpenAPI document and the tests all run. */
export async function createApp(config: GatewayConfig, logs?: DestinationStream): Promise<NestFastifyApplication> {
  const destination = logs ?? standardOutput();
  const logger = createLogger(config.server.logLevel, destination);
  const log = logger.isLevelEnabled('info') ? accessLog(destination) : null;
  const credentialHeaders = CREDENTIAL_HEADERS[config.access.mode];
  const drain = new Drain();
  // All are called by the HTTP server once the application exists.
  let filter: ProblemFilter | undefined;
  let names: ProblemContexts | undefined;
  const adapter = new FastifyAdapter({
    genReqId: requestId,
    bodyLimit: MAX_BODY_BYTES,
    // Ids of any length are the validation's to judge.
    routerOptions: { maxParamLength: MAX_URL_BYTES },
    // Requests that arrive while the gateway closes are still answered.
    return503OnClosing: false,
    serverFactory: (listener: RequestListener) => drain.add(new GatewayServer(config.server, listener)),
    clientErrorHandler: clientErrorHandler(() => names?.baseUrl() ?? ''),
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      // Comes before all hooks.
      if (log !== null) logAtEnd(request, reply, log, isProvider);
      setCommonHeaders(request, reply, credentialHeaders);
      filter?.write(error, request, reply);
    },
  });
  // Before the edge, which refuses some requests.
  if (log !== null) installAccessLog(adapter.getInstance(), log, isProvider);
  installEdge(adapter.getInstance(), credentialHeaders, drain);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.register(config, logger, drain), adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  filter = app.get(ProblemFilter);
  names = app.get(ProblemContexts);
  app.get(ExpressRoute).attachTo(adapter.getInstance());
  refuseTunnels(app.getHttpServer(), () => names?.baseUrl() ?? '');
  const origins = corsOrigins(config.server);
  if (origins.length > 0)
    app.enableCors({
      origin: origins,
      methods: ['GET', 'HEAD', 'POST'],
      exposedHeaders: [...EXPOSED],
      maxAge: 600,
      // The edge names preflights, too, and refuses other OPTIONS.
      preflightContinue: true,
      strictPreflight: false,
    });
  SwaggerModule.setup('docs', app, readDocument(), { jsonDocumentUrl: 'openapi.json', raw: ['json'] });
  return app;
}

/** The committed document, which `npm run check` holds the routes to: a build without it does not start. */
function readDocument(): OpenAPIObject {
  return JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as OpenAPIObject;
}
