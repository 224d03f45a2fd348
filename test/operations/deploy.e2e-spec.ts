import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEM_SLUGS } from '@gateway/problems';
import { parse } from 'yaml';
import { SAVED_REASONS } from '../../apps/gateway/src/metrics/request-metrics.js';
import { BREAKER_STATES } from '../../apps/gateway/src/metrics/state-metrics.js';
import { OUTCOMES } from '../../apps/gateway/src/tasks/cache-outcome.js';
import { needing } from '../support/needing.js';
import { METRICS } from './support/own-metrics.js';
import { startOperatedGateway } from './support/operated-gateway.js';
import { selectedIn } from './support/promql.js';

const withPromtool = needing('promtool');
const ALERTS = 'deploy/prometheus/alerts.yml';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}
interface Dashboard {
  readonly schemaVersion: number;
  readonly id: null;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const dashboard = JSON.parse(readFileSync('deploy/grafana/task-gateway.json', 'utf8')) as Dashboard;
const { groups } = parse(readFileSync(ALERTS, 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);

const variables = dashboard.templating.list.flatMap(({ name, definition = '' }) => {
  const [, query = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? [];
  return query === '' ? [] : [[`variable ${name}`, `sum by (${label}) (${query})`] as const];
});
const queries = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [`panel ${title}`, expr] as const),
  ),
  ...variables,
  ...rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
];

/** Added by Prometheus, or by every histogram. */
const FROM_OUTSIDE = ['job', 'instance', 'le'];
/** Words of labels that the gateway knows in advance. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  cache: [...OUTCOMES, 'failed'],
  reason: [...SAVED_REASONS, 'breaker', 'queue'],
  state: BREAKER_STATES,
  tier: ['memory', 'redis'],
  result: ['hit', 'miss', 'asked', 'shared', 'failed'],
  class: ['ok', 'called-off', ...PROBLEM_SLUGS],
  route: ['/tasks/:provider/:id'],
};

/** Names in a scrape, those of the parts of histograms too, with their labels. */
const exposed = new Map<string, readonly string[]>();
let scrape = '';
beforeAll(async () => {
  const gateway = await startOperatedGateway();
  await gateway.get('/tasks/ims/ff8080814dbd65d7014dbe0d84db0013');
  scrape = (await gateway.operate({ path: '/metrics' })).text;
  for (const [name, { samples, type }] of await gateway.scrape()) {
    const [, labels = ''] = METRICS[name] ?? [];
    const seen = samples.flatMap((sample) => Object.keys(sample.labels));
    const names = type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
    for (const each of names) exposed.set(each, [...seen, ...labels.split(' ')]);
  }
  // Of every target of Prometheus.
  exposed.set('up', []);
  await gateway.close();
});

describe('queries of the dashboard and of the alerts', () => {
  it.each(queries)('%s: selects what the gateway exposes, by labels that it has', (_, query) => {
    const { metrics, grouping } = selectedIn(query);
    expect(metrics.length).toBeGreaterThan(0);
    for (const { name, matchers } of metrics) {
      expect([name, exposed.has(name)]).toEqual([name, true]);
      const known = [...(exposed.get(name) ?? []), ...FROM_OUTSIDE];
      expect(known).toEqual(expect.arrayContaining([...Object.keys(matchers), ...grouping]));
      for (const [label, word] of Object.entries(matchers))
        if (word !== '' && WORDS[label] !== undefined) expect(WORDS[label]).toContain(word);
    }
  });

  it('every metric of the gateway: somebody looks at it', () => {
    const used = new Set(queries.flatMap(([, query]) => selectedIn(query).metrics.map(({ name }) => name)));
    const unseen = Object.keys(METRICS).filter(
      (name) => ![name, `${name}_bucket`, `${name}_count`].some((each) => used.has(each)),
    );
    expect(unseen).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('can be imported: schema, ids, and places that do not overlap', () => {
    expect([dashboard.schemaVersion, dashboard.id]).toEqual([42, null]);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_cell, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    for (const { type, description } of dashboard.panels)
      if (type !== 'row') expect(description).toMatch(/^[A-Za-z0-9].*\.$/);
  });
});

describe('the alerts', () => {
  it('each says what has happened, what it means, and how much it matters', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { annotations, labels } of rules) {
      expect(annotations.summary).toMatch(/\.$/);
      expect(annotations.description).toMatch(/^[A-Z].*\.$/);
      expect(['info', 'warning', 'critical']).toContain(labels.severity);
    }
  });
});

withPromtool.describe('promtool', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** @throws Error with what it finds wrong */
  const promtool = (args: readonly string[], input = ''): string =>
    execFileSync('promtool', args, { input, encoding: 'utf8', stdio: 'pipe' });

  it('scrape: what it lints, it takes', () => {
    const own = scrape.split('\n\n').filter((metric) => metric.startsWith('# HELP task_gateway_'));
    expect(promtool(['check', 'metrics'], `${own.join('\n')}\n`)).toBe('');
  });

  it('alerts: their rules, and their tests', () => {
    expect(promtool(['check', 'rules', ALERTS])).toContain(`${rules.length} rules found`);
    expect(promtool(['test', 'rules', 'deploy/prometheus/alerts.test.yml'])).toContain('SUCCESS');
  });

  it('queries of the dashboard: parsed by Prometheus itself', () => {
    const file = join(folder, 'queries.yml');
    const recorded = queries.map(([, query], index) => ({
      record: `query_${index}`,
      expr: query.replaceAll('$__rate_interval', '5m'),
    }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules: recorded }] }));
    expect(promtool(['check', 'rules', file])).toContain(`${queries.length} rules found`);
  });
});
