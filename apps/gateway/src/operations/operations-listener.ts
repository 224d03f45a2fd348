import { hash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Problem } from '@gateway/problems';
import { valuesOf } from '../access/credential-headers.js';
import { GatewayConfig } from '../config/gateway-config.js';
import type { AdminConfig } from '../config/gateway-config.js';
import { Drain, GatewayServer, listenHost } from '../http/gateway-server.js';
import { installHooks, setCommonHeaders, statusOf } from '../http/hooks.js';
import type { Begin } from '../http/hooks.js';
import { AUDIT_LOGGER } from '../http/logger.js';
import { listenerOptions, ProblemWriter } from '../http/problem-writer.js';
import { Siblings } from '../siblings/siblings.js';
import { TasksModule } from '../tasks/tasks.controller.js';
import { Metrics, MetricsModule } from '../metrics/metrics.js';
import { WatchModule } from '../watch/watch.module.js';
import { PurgeRoutes } from './purge-routes.js';
import { StateRoutes } from './state-routes.js';

/**
 * The operators' own listener: another port, another credential, and none of the callers' routes. Whatever is asked of
 * it leaves an audit line.
 */
@Injectable()
export class OperationsListener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private listener: FastifyInstance | undefined;

  constructor(
    private readonly config: GatewayConfig,
    private readonly purges: PurgeRoutes,
    private readonly states: StateRoutes,
    private readonly metrics: Metrics,
    private readonly problems: ProblemWriter,
    private readonly drain: Drain,
    private readonly siblings: Siblings,
    @Inject(AUDIT_LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws Error when the address cannot be had: the gateway does not start then */
  async onApplicationBootstrap(): Promise<void> {
    const { admin } = this.config;
    if (admin === undefined) return;
    await this.metrics.start();
    this.listener = this.createListener(admin);
    await this.states.takeOver();
    await this.listener.listen({ host: listenHost(admin.host), port: admin.port, ...this.siblings.sharedPort });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.listener?.close();
    this.metrics.stop();
  }

  /** Null where it is off. */
  address(): AddressInfo | null {
    return (this.listener?.server.address() ?? null) as AddressInfo | null;
  }

  private createListener(admin: AdminConfig): FastifyInstance {
    const begin: Begin = (request, reply) => {
      this.auditAtEnd(request, reply);
      setCommonHeaders(request, reply, 'Authorization');
      reply.header('cache-control', 'no-store');
      const sent = valuesOf(request.raw, 'authorization');
      const shown = sent.length === 1 ? /^Bearer ([\x21-\x7e]+)$/i.exec(sent[0] ?? '')?.[1] : undefined;
      // Digests have one length, and are compared in constant time.
      if (!timingSafeEqual(digest(shown ?? ''), digest((this.config.admin ?? admin).token))) throw notAnOperator();
    };
    const server = new GatewayServer(this.config.server);
    this.drain.add(server);
    const listener = fastify(listenerOptions(server, this.problems, this.drain, begin));
    installHooks(listener, this.drain, begin, null);
    listener.setErrorHandler((error, request, reply) => this.problems.reply(error, request, reply));
    // The hooks refuse these requests; for the framework's own handler they would not run.
    listener.setNotFoundHandler((_request, reply) => reply.callNotFound());
    this.purges.install(listener);
    this.states.install(listener);
    this.metrics.install(listener);
    return listener;
  }

  private auditAtEnd({ method, id, ip, routeOptions }: FastifyRequest, { raw }: FastifyReply): void {
    const route = routeOptions.url ?? null;
    raw.once('close', () =>
      this.logger.info({ audit: 'admin', requestId: id, method, route, status: statusOf(raw), from: ip }),
    );
  }
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function notAnOperator(): Problem {
  const challenge = 'Bearer realm="task-gateway admin"';
  return new Problem('unauthenticated', { detail: 'Send the operator token as Authorization: Bearer.', challenge });
}

/** The operators' own listener, where it is configured. */
@Module({
  imports: [TasksModule, WatchModule, MetricsModule],
  providers: [OperationsListener, PurgeRoutes, StateRoutes],
})
export class OperationsModule {}
