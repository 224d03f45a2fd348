import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEM_SLUGS } from '@gateway/problems';
import { PROVIDERS } from '@gateway/providers';
import { SAVED_REASONS, SECONDS } from '../../apps/gateway/src/metrics/request-metrics.js';
import { OUTCOMES } from '../../apps/gateway/src/tasks/cache-outcome.js';
import { send } from '../support/http-client.js';
import { OPENAPI } from '../support/openapi.js';
import type { ScrapedMetric } from '../support/prometheus-text.js';
import { regionsOf } from '../support/tasks.js';
import { openStream } from '../support/stream-reader.js';
import { startOperatedGateway } from './support/operated-gateway.js';
import type { OperatedGateway } from './support/operated-gateway.js';

// A provider may be "none", and so may what no route is served at.
const providers = PROVIDERS.length + 1;
const services = PROVIDERS.reduce((sum, { id }) => sum + regionsOf(id).length, 0) + 4;
// Pages of the documentation have routes that the document does not name.
const routes = Object.keys(OPENAPI.paths).length + 10;
// Most routes name no provider.
const routesOfProviders = 3 * providers + routes;
const statuses = 25;
const seriesOfHistogram = SECONDS.length + 3;

/** Every metric of the gateway's own: its labels, and the most series that it can ever have. */
const METRICS: Readonly<Record<string, readonly [type: string, labels: string, most: number]>> = {
  task_gateway_build_info: ['gauge', 'commit node version', 1],
  task_gateway_http_requests_total: [
    'counter',
    'cache provider route status',
    routesOfProviders * statuses * OUTCOMES.length,
  ],
  task_gateway_http_request_duration_seconds: [
    'histogram',
    'cache provider route',
    routesOfProviders * OUTCOMES.length * seriesOfHistogram,
  ],
  task_gateway_upstream_calls_saved_total: ['counter', 'provider reason', providers * SAVED_REASONS.length],
  task_gateway_upstream_request_duration_seconds: [
    'histogram',
    'class provider region',
    services * (PROBLEM_SLUGS.length + 2) * seriesOfHistogram,
  ],
  task_gateway_upstream_breaker_state: ['gauge', 'provider region state', services * 3],
  task_gateway_upstream_in_flight_requests: ['gauge', 'provider region', services],
  task_gateway_upstream_queued_requests: ['gauge', 'provider region', services],
  task_gateway_upstream_in_flight_limit: ['gauge', '', 1],
  task_gateway_upstream_refusals_total: ['counter', 'provider reason region', services * 2],
  task_gateway_upstream_retries_total: ['counter', 'provider region', services],
  task_gateway_unmapped_words_total: ['counter', 'kind provider', providers * 2],
  task_gateway_cache_fills_total: ['counter', 'provider result', providers * 5],
  task_gateway_cache_entries: ['gauge', 'kind', 3],
  task_gateway_cache_bytes: ['gauge', '', 1],
  task_gateway_cache_limit_bytes: ['gauge', '', 1],
  task_gateway_cache_reads_total: ['counter', 'kind result tier', 12],
  task_gateway_proofs_revoked_total: ['counter', '', 1],
  task_gateway_redis_up: ['gauge', '', 1],
  task_gateway_redis_commands_total: ['counter', '', 1],
  task_gateway_redis_errors_total: ['counter', '', 1],
  task_gateway_redis_skipped_total: ['counter', '', 1],
  task_gateway_redis_mismatches_total: ['counter', '', 1],
  task_gateway_request_items_total: ['counter', 'cache provider', providers * (OUTCOMES.length + 1)],
  task_gateway_watch_turns_total: ['counter', 'provider result', providers * 3],
  task_gateway_waits: ['gauge', '', 1],
  task_gateway_waits_limit: ['gauge', '', 1],
  task_gateway_streams: ['gauge', '', 1],
  task_gateway_streams_limit: ['gauge', '', 1],
  task_gateway_watched_tasks: ['gauge', '', 1],
};

const IMAGE = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';

let gateway: OperatedGateway;
beforeAll(async () => {
  gateway = await startOperatedGateway();
});
afterAll(() => gateway.close());

const own = (scraped: ReadonlyMap<string, ScrapedMetric>) =>
  [...scraped].filter(([name]) => name.startsWith('task_gateway_'));

const seriesIn = (scraped: ReadonlyMap<string, ScrapedMetric>): number =>
  own(scraped).reduce((sum, [, { samples }]) => sum + samples.length, 0);

const routesIn = (scraped: ReadonlyMap<string, ScrapedMetric>): readonly string[] => {
  const { samples = [] } = scraped.get('task_gateway_http_requests_total') ?? {};
  return [...new Set(samples.map(({ labels }) => `${labels['provider']} ${labels['route']}`))].toSorted();
};

/** Whatever callers can vary, with a number that makes each of them new. */
async function everything(n: number): Promise<void> {
  const id = String(n).padStart(32, '0');
  const requests = [
    { path: IMAGE },
    { path: `/tasks/ims/${id}` },
    { path: `/tasks/ims/${id}?region=made-up-${n}` },
    { path: `/tasks/ims/${id}?projectId=made-up-${n}` },
    { path: `/tasks/made-up-${n}/${id}` },
    { path: `/made-up-${n}` },
    { path: `/made-up-${n}/${n}/metrics`, method: 'DELETE' },
    { path: IMAGE, method: 'PROPFIND' },
    { path: IMAGE, headers: { prefer: 'wait=1', 'user-agent': `made-up-${n}`, 'x-request-id': `made-up-${n}` } },
    { path: `/providers/made-up-${n}` },
    { path: `/problems/made-up-${n}` },
    { path: `/docs/made-up-${n}` },
    { path: '/%' },
  ];
  await Promise.all(requests.map((request) => send(gateway.port, request)));
  const tasks = [
    { provider: `made-up-${n}`, id },
    { provider: 'ims', id },
    { provider: 'ims', id: IMAGE.slice(11) },
  ];
  await gateway.post('/tasks/batch-get', { tasks });
  const stream = await openStream(gateway.port, { path: `${IMAGE}/events` });
  await stream.ended;
}

describe('metrics', () => {
  it('names, types, labels and the number of series: as listed here, and no others', async () => {
    await everything(1);
    const found = own(await gateway.scrape());
    const names = found.map(([name]) => name);
    const silent = ['task_gateway_watch_turns_total', 'task_gateway_unmapped_words_total', 'task_gateway_redis_up'];
    expect(names.toSorted()).toEqual(Object.keys(METRICS).toSorted());
    for (const [name, { type, samples }] of found) {
      const [wanted, labels, most] = METRICS[name] ?? [];
      const seen = new Set(
        samples.map((each) =>
          Object.keys(each.labels)
            .filter((key) => key !== 'le')
            .toSorted()
            .join(' '),
        ),
      );
      expect([name, type, [...seen]]).toEqual([name, wanted, samples.length === 0 ? [] : [labels]]);
      expect({ name, has: samples.length, most }).toEqual({ name, has: expect.any(Number), most: expect.any(Number) });
      expect(samples.length).toBeLessThanOrEqual(most ?? 0);
      if (samples.length === 0) expect(silent).toContain(name);
    }
  });

  it('names and help texts: after the conventions of Prometheus, and whole sentences', async () => {
    for (const [name, { help, type }] of await gateway.scrape()) {
      if (!name.startsWith('task_gateway_')) continue;
      expect(help).toMatch(/^[A-Z].*[a-z)0-9]\.$/);
      expect({ name, isTotal: name.endsWith('_total') }).toEqual({ name, isTotal: type === 'counter' });
      if (type === 'histogram') expect(name).toMatch(/_(?:seconds|bytes)$/);
    }
  });

  it('the process itself: event loop, heap, collections, start', async () => {
    const scraped = await gateway.scrape();
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_heap_size_used_bytes',
      'nodejs_gc_duration_seconds',
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'process_start_time_seconds',
      'process_open_fds',
    ])
      expect([name, scraped.has(name)]).toEqual([name, true]);
  });

  it('flood of made-up providers, routes, methods, regions and ids: adds no series', async () => {
    // What each kind of request brings comes with its first.
    for (let n = 2; n < 5; n += 1) await everything(n);
    await gateway.scrape();
    const before = await gateway.scrape();
    for (let n = 100; n < 140; n += 1) await everything(n);
    const text = (await gateway.operate({ path: '/metrics' })).text;
    const after = await gateway.scrape();
    expect(routesIn(after)).toEqual(routesIn(before));
    // A busy machine may bring an outcome or a status that it had not before; a flood would bring one for each round.
    expect(seriesIn(after) - seriesIn(before)).toBeLessThan(40);
    expect(text).not.toContain('made-up');
  });
});
