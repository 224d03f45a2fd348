import { PROBLEM_SLUGS } from '@gateway/problems';
import { PROVIDERS } from '@gateway/providers';
import { SAVED_REASONS, SECONDS } from '../../../apps/gateway/src/metrics/request-metrics.js';
import { OUTCOMES } from '../../../apps/gateway/src/tasks/cache-outcome.js';
import { OPENAPI } from '../../support/openapi.js';
import { regionsOf } from '../../support/tasks.js';

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
export const METRICS: Readonly<Record<string, readonly [type: string, labels: string, most: number]>> = {
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
