import { describe, expect, it } from '@jest/globals';
import { tracingSettings } from './settings.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

describe('settings of traces', () => {
  it.each([
    [{}],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'True' }],
  ])('%j: none are wanted', (env) => {
    expect(tracingSettings(env)).toBeNull();
  });

  it.each([[ENDPOINT], [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x' }], [{ OTEL_TRACES_EXPORTER: 'otlp' }]])(
    '%j: all, unless a caller decides otherwise',
    (env) => {
      expect(tracingSettings(env)).toEqual({ sampler: 'parentbased_always_on', ratio: 1 });
    },
  );

  it('sampler and its share: taken over', () => {
    const env = { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' };
    expect(tracingSettings(env)).toEqual({ sampler: 'traceidratio', ratio: 0.25 });
  });

  it.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'must be one of otlp, none'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'must be one of http/protobuf'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/json', 'must be one of http/protobuf'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote', 'must be one of always_on'],
    ['OTEL_TRACES_SAMPLER_ARG', '2', 'must be from 0 to 1'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half', 'must be from 0 to 1'],
  ])('%s=%s: refused by its name', (name, value, text) => {
    expect(() => tracingSettings({ ...ENDPOINT, [name]: value })).toThrow(`${name} ${text}`);
  });
});
