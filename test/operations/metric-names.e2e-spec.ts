import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { send } from '../support/http-client.js';
import type { ScrapedMetric } from '../support/prometheus-text.js';
import { openStream } from '../support/stream-reader.js';
import { METRICS } from './support/own-metrics.js';
import { startOperatedGateway } from './support/operated-gateway.js';
import type { OperatedGateway } from './support/operated-gateway.js';

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
