import { channel } from 'node:diagnostics_channel';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway, GatewayOptions } from '../support/gateway.js';
import { eventually } from '../support/eventually.js';
import { openStream } from '../support/stream-reader.js';
import { startRecordingCloud } from './support/recording-cloud.js';
import type { RecordingCloud } from './support/recording-cloud.js';
import { startTraceCollector } from './support/trace-collector.js';
import type { CollectedSpan, TraceCollector } from './support/trace-collector.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACE = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const [INTERNAL, SERVER, CLIENT] = [1, 2, 3];

let cloud: RecordingCloud;
let collector: TraceCollector;
const before = { ...process.env };
beforeAll(async () => {
  [cloud, collector] = await Promise.all([startRecordingCloud(), startTraceCollector()]);
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url;
  process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'x-api-key=key-of-the-collector';
});
afterAll(async () => {
  process.env = before;
  await Promise.all([cloud.close(), collector.close()]);
});
afterEach(() => {
  delete process.env['OTEL_TRACES_SAMPLER'];
  delete process.env['OTEL_SERVICE_NAME'];
});

/** Spans that a gateway has sent in all its life: it flushes them when it stops. */
async function spansOf(work: (gateway: Gateway) => Promise<unknown>, options: GatewayOptions = cloud) {
  const already = collector.spans.length;
  const gateway = await startGateway({ config: {}, ...options });
  try {
    await work(gateway);
  } finally {
    await gateway.close();
  }
  return collector.spans.slice(already);
}

const named = (spans: readonly CollectedSpan[], name: string): CollectedSpan => {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`${name} is not among ${spans.map((span) => span.name).join(', ')}`);
  return found;
};

const REQUEST = 'GET /tasks/:provider/:id';

describe('traces to an OTLP endpoint', () => {
  it('miss: request, cache, lookup and each attempt, one inside the other, in the trace of the caller', async () => {
    cloud.failures.push(503);
    const askedBefore = cloud.asked.length;
    const headers = { 'x-auth-token': 'secret-of-the-caller', traceparent: TRACE, tracestate: 'congo=t61' };
    const spans = await spansOf((gateway) => gateway.get(cloud.path, headers));
    const request = named(spans, REQUEST);
    const fill = named(spans, 'cache.fill');
    const lookup = named(spans, 'upstream.lookup');
    const attempts = spans.filter(({ kind }) => kind === CLIENT);
    expect([request, fill, lookup].map(({ kind }) => kind)).toEqual([SERVER, INTERNAL, INTERNAL]);
    expect([request, fill, lookup, ...attempts].map(({ parentSpanId }) => parentSpanId)).toEqual([
      '00f067aa0ba902b7',
      request.spanId,
      fill.spanId,
      lookup.spanId,
      lookup.spanId,
    ]);
    expect(
      spans.every(({ traceId, hasEnded, service }) => traceId === TRACE_ID && hasEnded && service === 'task-gateway'),
    ).toBe(true);
    expect(request.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/tasks/:provider/:id',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'task_gateway.cache': 'miss',
      'task_gateway.provider': 'ims',
      'task_gateway.region': 'here',
    });
    expect(attempts.map(({ attributes, statusCode }) => ({ ...attributes, statusCode }))).toMatchObject([
      { 'http.response.status_code': 503, 'error.type': 'upstream-unavailable', statusCode: 2 },
      {
        'http.response.status_code': 200,
        'http.request.resend_count': 1,
        'server.address': '127.0.0.1',
        statusCode: 0,
      },
    ]);
    // Each attempt is a span of its own for the upstream, too.
    expect(cloud.asked.slice(askedBefore).map(({ traceparent, tracestate }) => [traceparent, tracestate])).toEqual(
      attempts.map(({ spanId }) => [`00-${TRACE_ID}-${spanId}-01`, 'congo=t61']),
    );
  });

  it('no ids, credentials and addresses of callers in any span; the key of the collector in its request alone', async () => {
    const spans = await spansOf((gateway) =>
      gateway.get(`${cloud.path}?projectId=a-project`, {
        'x-auth-token': 'secret-of-the-caller',
        'x-request-id': 'its-name',
      }),
    );
    const text = JSON.stringify(spans);
    for (const hidden of [
      cloud.path.slice(11),
      'a-project',
      'secret-of-the-caller',
      'its-name',
      'key-of-the-collector',
    ])
      expect(text).not.toContain(hidden);
    expect(collector.requests.at(-1)).toMatchObject({
      path: '/v1/traces',
      headers: { 'content-type': 'application/x-protobuf', 'x-api-key': 'key-of-the-collector' },
    });
  });

  it('stored answer, and no context given: one span, whose trace the reply and the log name', async () => {
    let traceparent = '';
    let logged: unknown;
    const spans = await spansOf(async (gateway) => {
      const token = { 'x-auth-token': 'x' };
      await gateway.get(cloud.path, token);
      traceparent = String((await gateway.get(cloud.path, token)).headers['traceparent']);
      await eventually(() => gateway.logs.filter((line) => line.includes('"route"')).length === 2);
      logged = JSON.parse(gateway.logs.at(-1) ?? '');
    });
    const hit = spans.find(({ attributes }) => attributes['task_gateway.cache'] === 'hit');
    expect(hit).toMatchObject({ kind: SERVER, parentSpanId: '' });
    expect(traceparent).toBe(`00-${hit?.traceId}-${hit?.spanId}-01`);
    expect(logged).toMatchObject({ traceId: hit?.traceId, cache: expect.stringContaining('hit') });
    expect(spans.filter(({ traceId }) => traceId === hit?.traceId)).toHaveLength(1);
  });

  it('failure: of the server alone is an error', async () => {
    const spans = await spansOf(async (gateway) => {
      cloud.failures.push(400);
      await gateway.get(cloud.path, { 'x-auth-token': 'y' });
      await gateway.get('/tasks/made-up/1');
      await gateway.ask({ method: 'PROPFIND', path: '/made-up' });
    });
    const [failed, unknown, odd] = spans.filter(({ kind }) => kind === SERVER);
    expect(failed).toMatchObject({
      statusCode: 2,
      attributes: { 'http.response.status_code': 502, 'error.type': 'upstream-error' },
    });
    expect(unknown).toMatchObject({
      statusCode: 0,
      attributes: { 'http.response.status_code': 404, 'task_gateway.problem': 'PROVIDER_NOT_FOUND' },
    });
    expect(odd).toMatchObject({ name: 'HTTP', attributes: { 'http.request.method': '_OTHER' } });
    expect(JSON.stringify([unknown, odd])).not.toContain('made-up');
  });

  it('streams and long polls: have spans that end; what is asked for those who watch has traces of its own', async () => {
    const spans = await spansOf(async (gateway) => {
      const { id } = gateway.simulator.control.createTask({ service: 'ims', runningMs: 60_000 });
      const path = `/tasks/ims/${id}`;
      const stream = await openStream(gateway.port, { path: `${path}/events`, headers: { traceparent: TRACE } });
      await gateway.get(path, { prefer: 'wait=1' });
      await eventually(() => gateway.asked().filter((asked) => asked.includes(id)).length > 1);
      // The stop of the gateway ends it: its span comes last of all.
      expect(stream.status).toBe(200);
    }, {});
    const stream = named(spans, 'GET /tasks/:provider/:id/events');
    expect(stream).toMatchObject({ traceId: TRACE_ID, kind: SERVER, hasEnded: true });
    expect(named(spans, REQUEST)).toMatchObject({ hasEnded: true, attributes: { 'task_gateway.cache': 'waited' } });
    const turn = named(spans, 'watch.turn');
    expect(turn).toMatchObject({ parentSpanId: '', kind: INTERNAL, attributes: { 'task_gateway.watchers': 1 } });
    const inside = spans.filter(({ traceId }) => traceId === turn.traceId).map(({ name }) => name);
    expect(inside).toEqual(expect.arrayContaining(['cache.fill', 'upstream.lookup', 'watch.turn']));
    expect(turn.traceId).not.toBe(TRACE_ID);
  });

  it('caller whose trace is not sampled, or a sampler that takes none: no spans, and the context goes on', async () => {
    const unsampled = `${TRACE.slice(0, -2)}00`;
    const seen = async (headers: Readonly<Record<string, string>>) => {
      const spans = await spansOf((gateway) => gateway.get(cloud.path, { 'x-auth-token': 'z', ...headers }));
      return [spans.length, cloud.asked.at(-1)?.['traceparent']];
    };
    const [count, traceparent] = await seen({ traceparent: unsampled });
    expect(count).toBe(0);
    expect(traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
    process.env['OTEL_TRACES_SAMPLER'] = 'always_off';
    expect((await seen({ traceparent: TRACE }))[0]).toBe(0);
  });

  it('name of the service: as the environment says', async () => {
    process.env['OTEL_SERVICE_NAME'] = 'our-gateway';
    expect((await spansOf((gateway) => gateway.get('/livez')))[0]?.service).toBe('our-gateway');
  });

  it('endpoint that does not answer: requests and the stop go on without it', async () => {
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:1';
    // Else what is left of it tries on for ten seconds.
    process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] = '500';
    const spans = await spansOf(async (gateway) => {
      expect((await gateway.get('/livez')).status).toBe(200);
    });
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url;
    delete process.env['OTEL_EXPORTER_OTLP_TIMEOUT'];
    expect(spans).toEqual([]);
  });

  it('gateway that has stopped: listens to nothing any more', () => {
    for (const name of ['cache.fill', 'upstream.lookup', 'upstream.attempt', 'watch.turn'])
      for (const event of ['start', 'asyncEnd'])
        expect(channel(`tracing:task-gateway:${name}:${event}`).hasSubscribers).toBe(false);
  });
});
