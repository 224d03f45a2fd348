import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FillMessage } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import { findProvider } from '@gateway/providers';
import type { AttemptMessage, UnmappedWordMessage } from '@gateway/upstream';
import type { ItemMessage } from '../tasks/reference-lookups.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import type { TurnMessage } from '../watch/watched-task.js';
import { failureClass } from '../http/failure-class.js';
import type { Outcome } from '../tasks/cache-outcome.js';
import { NONE, SECONDS } from './request-metrics.js';
import type { RequestMetrics } from './request-metrics.js';
import { Counter, Histogram } from './series.js';

/** Counts what libraries and services tell on channels: a new figure is a metric and a line in {@link listeners}. */
export class ChannelMetrics {
  private readonly attempts = new Histogram(
    'task_gateway_upstream_request_duration_seconds',
    'Time of HTTP requests to upstreams, by provider (iam: the identity service), region and what came of them: ok, the slug ' +
      'of a problem, or called-off where nobody waited any more.',
    ['provider', 'region', 'class'],
    SECONDS,
  );
  private readonly words = new Counter(
    'task_gateway_unmapped_words_total',
    'Status words and error codes of upstreams that no table holds, by provider and kind. The log names each of them once.',
    ['provider', 'kind'],
  );
  private readonly fills = new Counter(
    'task_gateway_cache_fills_total',
    'Answers that were not stored and had to be got, by provider and what came of it: fetched, stored by another replica, ' +
      'negative (a remembered 403 or 404), done-before (an upstream that is behind what is stored) or failed.',
    ['provider', 'result'],
  );
  private readonly items = new Counter(
    'task_gateway_request_items_total',
    'Tasks in requests for many, by provider and how the cache took part (failed: their lookup did).',
    ['provider', 'cache'],
  );
  private readonly turns = new Counter(
    'task_gateway_watch_turns_total',
    'Questions for all who watch a task in this process, by provider and whether the upstream was asked, the answer of ' +
      'somebody else was shared, or the lookup failed.',
    ['provider', 'result'],
  );
  readonly all = [this.attempts, this.words, this.fills, this.items, this.turns];

  constructor(private readonly saved: RequestMetrics['saved']) {}

  /** @returns a function that ends it */
  start(): () => void {
    const listening = Object.entries(this.listeners) as [string, (message: unknown) => void][];
    for (const [name, listener] of listening) subscribe(name, listener);
    return () => {
      for (const [name, listener] of listening) unsubscribe(name, listener);
    };
  }

  private readonly listeners = {
    'tracing:task-gateway:upstream.attempt:asyncEnd': (message: AttemptMessage): void => {
      const seconds = (performance.now() - message.beganAt) / 1000;
      this.attempts
        .of(message.provider, message.region, message.error === undefined ? 'ok' : failureClass(message.error))
        .observe(seconds);
    },
    'task-gateway:upstream.unmapped-word': ({ provider, kind }: UnmappedWordMessage): void => {
      this.words.of(provider, kind).value += 1;
    },
    'tracing:task-gateway:cache.fill:asyncEnd': ({ provider, result }: FillMessage): void => {
      this.fills.of(provider, result?.kind ?? 'failed').value += 1;
    },
    'task-gateway:tasks.item': ({ provider: given, answer }: ItemMessage): void => {
      const provider = findProvider(given)?.id ?? NONE;
      const outcome = answer === null ? 'failed' : outcomeOf(answer);
      this.items.of(provider, outcome).value += 1;
      if (outcome === 'hit' || outcome === 'coalesced') this.saved.of(provider, outcome).value += 1;
    },
    'tracing:task-gateway:watch.turn:asyncEnd': ({ provider, watchers, result }: TurnMessage): void => {
      const kind = turnOf(result);
      this.turns.of(provider, kind).value += 1;
      // Each would have asked by itself.
      if (kind !== 'failed') this.saved.of(provider, 'waiter').value += watchers - (kind === 'asked' ? 1 : 0);
    },
  };
}

function outcomeOf({ cache }: TaskAnswer): Outcome {
  if (cache.kind !== 'miss') return cache.kind;
  if (cache.collapsed) return 'coalesced';
  return cache.reason === 'request' ? 'bypass' : 'miss';
}

function turnOf(result: TurnMessage['result']): 'asked' | 'shared' | 'failed' {
  if (result === undefined || result instanceof Problem) return 'failed';
  const { source, cache } = result;
  return source === 'live' && !(cache.kind === 'miss' && cache.collapsed) ? 'asked' : 'shared';
}
