import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Sampler } from '@opentelemetry/sdk-trace';
import { Logger } from '@nestjs/common';
import { redactText } from '@gateway/tasks';
import type { BuildInfo } from '../health/build-info.js';
import type { SamplerName, TracingSettings } from './settings.js';
import { SpanTracing } from './span-tracing.js';
import type { Tracing } from './trace-context.js';

/** Milliseconds in which the last spans have to be delivered when the gateway stops. */
const STOP_MS = 2_000;
/** Milliseconds between two lines about spans that cannot be delivered. */
const WARN_MS = 60_000;
const MAX_REASON = 200;

/** Traces by OpenTelemetry, sent to an OTLP endpoint. The only file that loads its SDK: in a process without traces nobody does. */
export function startTracing(settings: TracingSettings, build: BuildInfo): Tracing {
  logProblems();
  const own = { 'service.name': build.name, 'service.version': build.version };
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes(own))
      // What operators say themselves wins.
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(settings),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer: Tracer = provider.getTracer(build.name, build.version);
  return new SpanTracing(tracer, () => inTime(provider.shutdown()));
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  const roots: Readonly<Record<string, () => Sampler>> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  } satisfies Partial<Record<SamplerName, () => Sampler>>;
  const root = roots[sampler.replace('parentbased_', '')]?.() ?? new AlwaysOnSampler();
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

/** An endpoint that does not answer holds up no stop, and a failure is logged already. */
async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_MS)));
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}

function logProblems(): void {
  const logger = new Logger('Tracing');
  let warnedAt = -Infinity;
  const warn = (message: unknown): void => {
    if (performance.now() - warnedAt < WARN_MS) return;
    warnedAt = performance.now();
    logger.warn(`Spans are lost: ${redactText(String(message)).slice(0, MAX_REASON)}`);
  };
  const ignore = (): void => undefined;
  const levels = { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(levels, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
