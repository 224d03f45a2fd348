import { Inject, Injectable, Module } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { WatchModule } from '../watch/watch.module.js';
import { ChannelMetrics } from './channel-metrics.js';
import { RequestMetrics } from './request-metrics.js';
import { StateMetrics } from './state-metrics.js';

/** All figures of this process, in the text format of Prometheus. */
@Injectable()
export class Metrics {
  private registry: Registry | undefined;
  private end = (): void => undefined;

  constructor(
    @Inject(RequestMetrics) private readonly requests: RequestMetrics | null,
    private readonly states: StateMetrics,
  ) {}

  /** Counts from now on. Only then its library is loaded: it takes as long as a tenth of the start. */
  async start(): Promise<void> {
    if (this.requests === null) return;
    const { collectDefaultMetrics, Registry } = await import('prom-client');
    const registry = new Registry();
    const channels = new ChannelMetrics(this.requests.saved);
    for (const metric of [...this.requests.all, ...channels.all, ...this.states.all])
      registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
    collectDefaultMetrics({ register: registry });
    this.end = channels.start();
    this.registry = registry;
  }

  stop(): void {
    this.end();
  }

  /** `GET /metrics`. */
  install(server: FastifyInstance): void {
    server.get('/metrics', async (_request, reply) => {
      const { registry } = this;
      if (registry === undefined) throw new Error('metrics have not been started');
      return reply.header('content-type', registry.contentType).send(await registry.metrics());
    });
  }
}

/** What is counted, where operators have a listener to read it at. */
@Module({ imports: [WatchModule], providers: [Metrics, StateMetrics], exports: [Metrics] })
export class MetricsModule {}
