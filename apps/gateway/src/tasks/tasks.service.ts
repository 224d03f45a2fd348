import { Injectable } from '@nestjs/common';
import { SHARED_PARTITION, TaskCache } from '@gateway/cache';
import type { CachedTask, TaskKey, TaskPayload } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import type { Artifact } from '@gateway/tasks';
import { UpstreamClient } from '@gateway/upstream';
import type { LookupTarget } from '@gateway/upstream';
import type { Caller } from '../access/caller.js';
import { GatewayConfig } from '../config/gateway-config.js';
import type { CacheDirectives } from './cache-directives.js';
import { versionOf } from './present-task.js';
import type { FoundTask } from './present-task.js';
import { upstreamProblem } from './upstream-problem.js';

/** How the cache took part in an answer. */
export type CacheOutcome =
  | { readonly kind: 'hit'; readonly ttlSeconds: number }
  | { readonly kind: 'miss'; readonly reason: 'uri-miss' | 'request'; readonly stored: boolean };

export interface TaskAnswer extends FoundTask {
  readonly artifact: Artifact | null;
  readonly cache: CacheOutcome;
}

/** Answers about one task: the remembered final answer, or what the upstream says now. */
@Injectable()
export class TasksService {
  constructor(
    private readonly config: GatewayConfig,
    private readonly cache: TaskCache,
    private readonly upstream: UpstreamClient,
  ) {}

  /** @throws Problem for every lookup that fails; the signal's reason when the caller has gone */
  async find(
    target: LookupTarget,
    caller: Caller,
    directives: CacheDirectives,
    signal: AbortSignal,
  ): Promise<TaskAnswer> {
    const key = this.keyOf(target, caller);
    const cached = directives.reload ? null : await this.cache.get(key);
    if (cached !== null && isFreshEnough(cached, directives)) {
      const { payload, observedAt, ttlSeconds } = cached;
      return { target, ...answerOf(payload), observedAt, source: 'cache', cache: { kind: 'hit', ttlSeconds } };
    }
    if (directives.onlyIfCached)
      throw new Problem('not-in-cache', {
        detail: 'No final answer about this task is stored.',
        provider: target.provider.id,
      });
    // Something is stored, and the request does not accept it: that is the request's doing.
    const reason = directives.reload || cached !== null ? 'request' : 'uri-miss';
    return this.ask(key, target, caller, directives.noStore, reason, signal);
  }

  private async ask(
    key: TaskKey,
    target: LookupTarget,
    caller: Caller,
    noStore: boolean,
    reason: 'uri-miss' | 'request',
    signal: AbortSignal,
  ): Promise<TaskAnswer> {
    const { provider, region } = target;
    const ownToken = this.upstream.isPassthrough(region);
    const { reading, observedAt } = await this.upstream
      .lookup(target, ownToken ? caller.token : null, signal)
      .catch((error: unknown) => {
        throw upstreamProblem(error, provider.id, ownToken);
      });
    const payload: TaskPayload = { task: reading.task, artifact: reading.artifact, version: versionOf(reading.task) };
    const observed = observedAt.toISOString();
    const ttlSeconds = Math.min(
      this.config.cache.finalTtlSeconds,
      provider.retentionSeconds ?? Number.POSITIVE_INFINITY,
    );
    const stored = !noStore && reading.task.done && this.cache.set(key, payload, observed, ttlSeconds);
    return {
      target,
      ...answerOf(payload),
      observedAt: observed,
      source: 'live',
      cache: { kind: 'miss', reason, stored },
    };
  }

  /** What a caller's own token brought is that caller's; what the gateway asked for itself is everybody's. */
  private keyOf({ provider, region, projectId, instanceId, id }: LookupTarget, { principal }: Caller): TaskKey {
    const partition = this.upstream.isPassthrough(region) ? principal : SHARED_PARTITION;
    return { partition, provider: provider.id, region, projectId, instanceId, id };
  }
}

function isFreshEnough({ observedAt }: CachedTask, { maxAgeSeconds }: CacheDirectives): boolean {
  return maxAgeSeconds === null || Date.now() - Date.parse(observedAt) <= maxAgeSeconds * 1000;
}

function answerOf({
  task,
  artifact,
  version,
}: TaskPayload): Pick<TaskAnswer, 'task' | 'artifact' | 'version' | 'hasArtifact'> {
  return { task, artifact, version, hasArtifact: artifact !== null };
}
