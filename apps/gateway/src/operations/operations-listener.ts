import { hash, timingSafeEqual } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Problem, problemDocument, problemHeaders, problemOf } from '@gateway/problems';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { GatewayConfig } from '../config/gateway-config.js';
import { Drain } from '../http/drain.js';
import { GatewayServer, listenHost } from '../http/gateway-server.js';
import { MAX_URL_BYTES } from '../http/limits.js';
import { AUDIT_LOGGER } from '../http/logger.js';
import { requestId } from '../http/request-id.js';
import { ProblemContexts } from '../http/problem-context.js';
import { PurgeRoutes } from './purge-routes.js';

/**
 * The operators' own listener: another port, another credential, and none of the callers' routes. Whatever is asked of
 * it leaves an audit line.
 */
@Injectable()
export class OperationsListener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private server: FastifyInstance | undefined;

  constructor(
    private readonly config: GatewayConfig,
    private readonly purges: PurgeRoutes,
    private readonly names: ProblemContexts,
    private readonly drain: Drain,
    @Inject(AUDIT_LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws Error when the address cannot be had: the gateway does not start then */
  async onApplicationBootstrap(): Promise<void> {
    const { admin } = this.config;
    if (admin === undefined) return;
    const { host, port, token } = admin;
    this.server = this.createServer(token);
    await this.server.listen({ host: listenHost(host), port });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.server?.close();
  }

  /** Null where it is off. */
  address(): AddressInfo | null {
    return (this.server?.server.address() ?? null) as AddressInfo | null;
  }

  private createServer(token: string): FastifyInstance {
    const expected = digest(token);
    // Digests have one length, and are compared in constant time.
    const isOperator = ({ headers }: FastifyRequest): boolean =>
      timingSafeEqual(digest(/^Bearer ([\x21-\x7e]+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''), expected);
    const server = fastify({
      genReqId: requestId,
      routerOptions: { maxParamLength: MAX_URL_BYTES },
      serverFactory: (answer: RequestListener) => this.drain.add(new GatewayServer(this.config.server, answer)),
      // Comes before all hooks.
      frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
        void this.fail(isOperator(request) ? error : notAnOperator(), request, reply);
        this.audit(request, reply);
      },
    });
    server.addHook('onRequest', async (request) => {
      if (!isOperator(request)) throw notAnOperator();
    });
    server.addHook('onSend', async (request, reply) => {
      reply.header('x-request-id', request.id).header('cache-control', 'no-store');
      if (this.drain.isDraining) reply.header('connection', 'close');
    });
    server.addHook('onResponse', async (request, reply) => this.audit(request, reply));
    server.setErrorHandler((error, request, reply) => this.fail(error, request, reply));
    server.setNotFoundHandler(() => {
      throw new Problem('route-not-found', { detail: 'Nothing is served at this path.' });
    });
    this.purges.install(server);
    return server;
  }

  private audit({ method, id, ip, routeOptions }: FastifyRequest, { statusCode }: FastifyReply): void {
    const route = routeOptions.url ?? null;
    this.logger.info({ audit: 'admin', requestId: id, method, route, status: statusCode, from: ip });
  }

  private fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const problem = problemOf(error);
    return reply
      .status(problem.status)
      .headers(problemHeaders(problem))
      .send(Buffer.from(JSON.stringify(problemDocument(problem, this.names.contextOf(request)))));
  }
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function notAnOperator(): Problem {
  const challenge = 'Bearer realm="task-gateway admin"';
  return new Problem('unauthenticated', { detail: 'Send the operator token as Authorization: Bearer.', challenge });
}
