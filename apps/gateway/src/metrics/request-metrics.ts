import { PROVIDERS } from '@gateway/providers';
import type { OnEnd } from '../http/hooks.js';
import { outcomeOf } from '../tasks/cache-outcome.js';
import type { Outcome } from '../tasks/cache-outcome.js';
import { Counter, Histogram } from './series.js';
import type { Count, Distribution } from './series.js';

/** Seconds. A stored answer takes less than the first, an attempt at most some seconds; waits and streams are in the last. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const SAVED_REASONS = ['hit', 'not-modified', 'coalesced', 'waiter'] as const;
type SavedReason = (typeof SAVED_REASONS)[number];

/** What a label says where there is nothing to say. */
export const NONE = 'none';

interface RequestSeries {
  readonly latency: Distribution;
  /** `saved` is null where such an answer saves no call. */
  readonly byStatus: Map<number, { readonly requests: Count; readonly saved: Count | null }>;
}

const KNOWN: ReadonlySet<string> = new Set(PROVIDERS.map(({ id }) => id));

/** Counts the requests of callers as they end. */
export class RequestMetrics {
  /** Upstream calls that were not made because of an answer that was there, or on its way. */
  readonly saved = new Counter(
    'task_gateway_upstream_calls_saved_total',
    'Upstream calls that were not needed, by provider and reason: a stored answer (hit), one that the caller had already ' +
      '(not-modified), one that somebody else was asking for (coalesced), or one question for all who wait for a task (waiter).',
    ['provider', 'reason'],
  );
  private readonly requests = new Counter(
    'task_gateway_http_requests_total',
    'Requests of callers, by pattern of the route, provider, status (499: the caller had gone) and how the cache took part.',
    ['route', 'provider', 'status', 'cache'],
  );
  private readonly latencies = new Histogram(
    'task_gateway_http_request_duration_seconds',
    'Time from the head of a request to the end of its answer, by pattern of the route, provider and how the cache took part.',
    ['route', 'provider', 'cache'],
    SECONDS,
  );
  readonly all = [this.requests, this.latencies, this.saved];
  /** By route, provider and outcome. All three are texts that exist once: finding them takes no new one. */
  private readonly series = new Map<string, Map<string, Map<string, RequestSeries>>>();

  readonly onEnd: OnEnd = (request, reply, status, ms) => {
    const { url: route = NONE } = request.routeOptions;
    const { provider: given = '' } = (request.params ?? {}) as { provider?: string };
    const provider = KNOWN.has(given) ? given : NONE;
    const outcome = outcomeOf(reply);
    const series = this.seriesOf(route, provider, outcome);
    series.latency.observe(ms / 1000);
    let counts = series.byStatus.get(status);
    if (counts === undefined) {
      const requests = this.requests.of(route, provider, String(status), outcome);
      const reason = reasonOf(outcome, status);
      counts = { requests, saved: reason === null ? null : this.saved.of(provider, reason) };
      series.byStatus.set(status, counts);
    }
    counts.requests.value += 1;
    if (counts.saved !== null) counts.saved.value += 1;
  };

  private seriesOf(route: string, provider: string, outcome: Outcome): RequestSeries {
    let byProvider = this.series.get(route);
    if (byProvider === undefined) this.series.set(route, (byProvider = new Map()));
    let byOutcome = byProvider.get(provider);
    if (byOutcome === undefined) byProvider.set(provider, (byOutcome = new Map()));
    let series = byOutcome.get(outcome);
    if (series === undefined) {
      series = { latency: this.latencies.of(route, provider, outcome), byStatus: new Map() };
      byOutcome.set(outcome, series);
    }
    return series;
  }
}

/** Why an answer took no call of the upstream; null where it took one, or is counted by those who wait together. */
function reasonOf(outcome: Outcome, status: number): SavedReason | null {
  if (outcome === 'hit') return status === 304 ? 'not-modified' : 'hit';
  return outcome === 'coalesced' ? 'coalesced' : null;
}
