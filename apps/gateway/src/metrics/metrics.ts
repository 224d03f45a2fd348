import { Inject, Injectable, Module } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { Problem } from '@gateway/problems';
import { Siblings } from '../siblings/siblings.js';
import { WatchModule } from '../watch/watch.module.js';
import { ChannelMetrics } from './channel-metrics.js';
import { RequestMetrics } from './request-metrics.js';
import { METRICS_TOPIC } from './retired-counts.js';
import { StateMetrics } from './state-metrics.js';

/** What does not add up: of several processes that share a port, the least is told. */
const LEAST: ReadonlySet<string> = new Set(['task_gateway_build_info', 'task_gateway_redis_up']);

/** All figures of this process, and of those that share its port, in the text format of Prometheus. */
@Injectable()
export class Metrics {
  private registry: Registry | undefined;
  private end = (): void => undefined;

  constructor(
    @Inject(RequestMetrics) private readonly requests: RequestMetrics | null,
    private readonly states: StateMetrics,
    private readonly siblings: Siblings,
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
    this.siblings.onQuestion(METRICS_TOPIC, () => figuresOf(registry));
  }

  stop(): void {
    this.end();
  }

  /** `GET /metrics`. */
  install(server: FastifyInstance): void {
    server.get('/metrics', async (_request, reply) => {
      const { registry } = this;
      if (registry === undefined) throw new Error('metrics have not been started');
      const whole = this.siblings.isAlone ? registry : await this.sum();
      return reply.header('content-type', whole.contentType).send(await whole.metrics());
    });
  }

  /** A part of it would look as if counters had begun anew. */
  private async sum(): Promise<Registry> {
    const { AggregatorRegistry } = await import('prom-client');
    const { answers, missing } = await this.siblings.askAll(METRICS_TOPIC);
    const detail = 'A process of this gateway does not tell its figures.';
    if (missing > 0) throw new Problem('gateway-busy', { detail, retryAfterSeconds: 1 });
    // Null: of one that is being started, and counts nothing yet.
    return AggregatorRegistry.aggregate(answers.filter((figures): figures is Figures => figures !== null));
  }
}

type Figures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

async function figuresOf(registry: Registry): Promise<Figures> {
  const figures = await registry.getMetricsAsJSON();
  // The library's own say how they are put together; ours say nothing.
  return figures.map((metric) => {
    const { aggregator } = metric as Partial<typeof metric>;
    return { ...metric, aggregator: aggregator ?? (LEAST.has(metric.name) ? 'min' : 'sum') };
  });
}

/** What is counted, where operators have a listener to read it at. */
@Module({ imports: [WatchModule], providers: [Metrics, StateMetrics], exports: [Metrics] })
export class MetricsModule {}
