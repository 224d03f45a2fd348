import { Inject, Injectable } from '@nestjs/common';
import { TaskCache } from '@gateway/cache';
import { PROVIDERS } from '@gateway/providers';
import { UpstreamClient } from '@gateway/upstream';
import { GatewayConfig } from '../config/gateway-config.js';
import { BUILD_INFO } from '../health/build-info.js';
import type { BuildInfo } from '../health/build-info.js';
import { LongPoll } from '../watch/long-poll.js';
import { TaskStreams } from '../watch/task-streams.js';
import { TaskWatches } from '../watch/task-watches.js';
import { readMetric } from './series.js';
import type { Metric, Sample } from './series.js';

export const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;

/** What is read when it is asked for: states, limits, and what others count anyway. A new figure is a line in a table here. */
@Injectable()
export class StateMetrics {
  readonly all: readonly Metric[];

  constructor(
    private readonly config: GatewayConfig,
    private readonly upstream: UpstreamClient,
    private readonly cache: TaskCache,
    private readonly waits: LongPoll,
    private readonly streams: TaskStreams,
    private readonly watches: TaskWatches,
    @Inject(BUILD_INFO) private readonly build: BuildInfo,
  ) {
    this.all = [this.ofBuild(), ...this.ofUpstreams(), ...this.ofCache(), ...this.ofRedis(), ...this.ofWaiters()];
  }

  /** The services of regions that requests may go to now. */
  private services(): readonly { readonly provider: string; readonly region: string }[] {
    const iam = this.config.regions.flatMap(({ name, iam: url }) =>
      url === undefined ? [] : [{ provider: 'iam', region: name }],
    );
    const providers = PROVIDERS.flatMap((provider) =>
      this.upstream.regionNames(provider).map((region) => ({ provider: provider.id, region })),
    );
    return [...iam, ...providers];
  }

  private ofBuild(): Metric {
    const { version, commit, node } = this.build;
    const labels = { version, commit: commit ?? 'unknown', node };
    return readMetric('gauge', 'task_gateway_build_info', 'What runs here, in its labels; always 1.', () => [
      { labels, value: 1 },
    ]);
  }

  private ofUpstreams(): readonly Metric[] {
    const { concurrency } = this.config.upstream;
    return [
      readMetric(
        'gauge',
        'task_gateway_upstream_breaker_state',
        'State of the circuit breaker before a provider in a region: 1 for the present one, 0 for the others.',
        () =>
          this.eachService((state, labels) =>
            BREAKER_STATES.map((word) => ({
              labels: { ...labels, state: word },
              value: Number(state.breaker === word),
            })),
          ),
      ),
      readMetric(
        'gauge',
        'task_gateway_upstream_in_flight_requests',
        'Requests to a provider in a region that are under way.',
        () => this.eachService(({ inFlight }, labels) => [{ labels, value: inFlight }]),
      ),
      readMetric(
        'gauge',
        'task_gateway_upstream_queued_requests',
        'Requests to a provider in a region that wait for a place.',
        () => this.eachService(({ queued }, labels) => [{ labels, value: queued }]),
      ),
      readMetric(
        'gauge',
        'task_gateway_upstream_in_flight_limit',
        'Places for requests under way, of each provider in each region.',
        () => concurrency,
      ),
      readMetric(
        'counter',
        'task_gateway_upstream_refusals_total',
        'Requests that were not sent upstream, because the breaker is open or holds some back, or because of the queue.',
        () =>
          this.eachCounted(({ refusedByBreaker, refusedByQueue }, labels) => [
            { labels: { ...labels, reason: 'breaker' }, value: refusedByBreaker },
            { labels: { ...labels, reason: 'queue' }, value: refusedByQueue },
          ]),
      ),
      readMetric('counter', 'task_gateway_upstream_retries_total', 'Requests that were sent upstream again.', () =>
        this.eachCounted(({ retries }, labels) => [{ labels, value: retries }]),
      ),
    ];
  }

  private eachService(
    read: (state: ReturnType<UpstreamClient['state']>, labels: Sample['labels']) => readonly Sample[],
  ): readonly Sample[] {
    return this.services().flatMap(({ provider, region }) =>
      read(this.upstream.state(provider, region), { provider, region }),
    );
  }

  private eachCounted(
    read: (counts: ReturnType<UpstreamClient['counts']>, labels: Sample['labels']) => readonly Sample[],
  ): readonly Sample[] {
    return this.services().flatMap(({ provider, region }) =>
      read(this.upstream.counts(provider, region), { provider, region }),
    );
  }

  private ofCache(): readonly Metric[] {
    const each = (read: (stats: ReturnType<TaskCache['stats']>['tasks'], kind: string) => readonly Sample[]) =>
      Object.entries(this.cache.stats()).flatMap(([kind, stats]) => read(stats, kind));
    const { memoryBytes } = this.config.cache;
    return [
      readMetric(
        'gauge',
        'task_gateway_cache_entries',
        'What this process remembers, by kind: tasks, negatives (403 and 404), proofs of who may read.',
        () => each(({ entries }, kind) => [{ labels: { kind }, value: entries }]),
      ),
      readMetric(
        'gauge',
        'task_gateway_cache_bytes',
        'Bytes of the answers about tasks that this process remembers.',
        () => this.cache.stats().tasks.size,
      ),
      readMetric(
        'gauge',
        'task_gateway_cache_limit_bytes',
        'Bytes of answers that this process remembers at most.',
        () => memoryBytes,
      ),
      readMetric(
        'counter',
        'task_gateway_cache_reads_total',
        'Reads by kind of entries, tier (memory, redis) and whether something of use was there (hit, miss).',
        () =>
          each(({ memoryHits, memoryMisses, redisHits, redisMisses }, kind) => [
            { labels: { kind, tier: 'memory', result: 'hit' }, value: memoryHits },
            { labels: { kind, tier: 'memory', result: 'miss' }, value: memoryMisses },
            { labels: { kind, tier: 'redis', result: 'hit' }, value: redisHits },
            { labels: { kind, tier: 'redis', result: 'miss' }, value: redisMisses },
          ]),
      ),
      readMetric(
        'counter',
        'task_gateway_proofs_revoked_total',
        'Proofs that were void in this process because the cloud refused the caller.',
        () => this.cache.proofs.revoked,
      ),
    ];
  }

  private ofRedis(): readonly Metric[] {
    const counter = (name: string, help: string, read: () => number): Metric =>
      readMetric('counter', `task_gateway_redis_${name}_total`, help, read);
    const { cache } = this;
    return [
      readMetric(
        'gauge',
        'task_gateway_redis_up',
        'Whether Redis is of use: 1, or 0. Absent where none is configured.',
        () => {
          const { redis } = cache.health();
          return redis === 'not-configured' ? [] : Number(redis === 'up');
        },
      ),
      counter('commands', 'Commands sent to Redis.', () => cache.counters().redisCommands),
      counter(
        'errors',
        'Commands that Redis refused, failed or did not answer in time.',
        () => cache.counters().redisErrors,
      ),
      counter(
        'skipped',
        'Commands that were not sent because Redis was known to be away, or slow to take what is written.',
        () => cache.counters().redisSkipped,
      ),
      counter(
        'mismatches',
        'Values in Redis that were not what their name promised, such as forged or damaged ones; none was used.',
        () => cache.counters().mismatches,
      ),
    ];
  }

  private ofWaiters(): readonly Metric[] {
    const { waits, streams } = this.config;
    const gauge = (name: string, help: string, read: () => number): Metric =>
      readMetric('gauge', `task_gateway_${name}`, help, read);
    return [
      gauge('waits', 'Requests that wait for what becomes of a task.', () => this.waits.size),
      gauge('waits_limit', 'Requests that may wait at once.', () => waits.max),
      gauge('streams', 'Open streams of events, and those about to be opened.', () => this.streams.size),
      gauge('streams_limit', 'Streams that may be open at once.', () => streams.max),
      gauge('watched_tasks', 'Tasks that somebody waits for, by request or stream.', () => this.watches.size),
    ];
  }
}
