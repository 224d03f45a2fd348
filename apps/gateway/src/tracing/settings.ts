/** Where spans go and which, as OpenTelemetry's environment variables say it. The exporter reads those about itself. */
export interface TracingSettings {
  readonly sampler: SamplerName;
  /** Share of traces, 0 to 1, for samplers by ratio. */
  readonly ratio: number;
}

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Null where no traces are wanted: neither OTEL_EXPORTER_OTLP_ENDPOINT, or that for traces, nor OTEL_TRACES_EXPORTER is set, or
 * the latter is `none`, or OTEL_SDK_DISABLED is `true`.
 * @throws Error that names the variable whose value is not supported
 */
export function tracingSettings(env: Environment): TracingSettings | null {
  const exporter = env['OTEL_TRACES_EXPORTER'] || undefined;
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const isWanted = Boolean(exporter ?? endpoint) && exporter !== 'none';
  if (!isWanted || env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return null;
  supported('OTEL_TRACES_EXPORTER', exporter ?? 'otlp', ['otlp', 'none']);
  for (const name of ['OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'])
    supported(name, env[name] || 'http/protobuf', ['http/protobuf']);
  const sampler = env['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on';
  supported('OTEL_TRACES_SAMPLER', sampler, SAMPLERS);
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] || 1);
  if (!(ratio >= 0 && ratio <= 1)) throw new Error('OTEL_TRACES_SAMPLER_ARG must be from 0 to 1');
  return { sampler: sampler as SamplerName, ratio };
}

function supported(name: string, value: string, words: readonly string[]): void {
  if (!words.includes(value)) throw new Error(`${name} must be one of ${words.join(', ')}`);
}
