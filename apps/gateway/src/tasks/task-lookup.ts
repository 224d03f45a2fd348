import { Injectable } from '@nestjs/common';
import { withDeadline } from '@gateway/async';
import type { Deadline } from '@gateway/async';
import { TaskCache } from '@gateway/cache';
import type { FetchedTask, Filled, NegativeAnswer } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import type { Provider } from '@gateway/tasks';
import { UpstreamClient, upstreamTimeout } from '@gateway/upstream';
import type { Lookup, LookupTarget } from '@gateway/upstream';
import { GatewayConfig } from '../config/gateway-config.js';
import { AccessProofs } from './access-proofs.js';
import type { TaskAccess } from './access-proofs.js';
import { negativeEntryOf } from './stored-entries.js';
import { presentTask, versionOf, withSource } from './task-body.js';

/** An answer of the upstream. The source in `body` is `live`, in the snapshot's `cache`. */
interface LiveTask extends FetchedTask {
  readonly body: string;
}

/** Of those who poll for watchers: a call of any will do for all who have a proof, whoever's token makes it. */
const POLLS = 'polls';

/** How a task is asked for. */
export interface HowToAsk {
  /** Asks the upstream itself: what others store or ask is of no use. */
  readonly bypass: boolean;
  readonly noStore: boolean;
  /** Epoch milliseconds: an answer that was observed since then will do, fresh or not; null: only a fresh one. */
  readonly observedSince: number | null;
  /** Whether the caller had a proof before it came to ask. */
  readonly proven: boolean;
}

/** Asks the upstream about tasks that are not stored, through the cache, and draws their Tasks. */
@Injectable()
export class TaskLookup {
  constructor(
    private readonly config: GatewayConfig,
    private readonly cache: TaskCache,
    private readonly proofs: AccessProofs,
    private readonly upstream: UpstreamClient,
  ) {}

  /**
   * @param signal aborts when the caller has gone. Not with its time: others may share the fetch, which has a time of its own
   * @throws Problem; it holds for everybody who asks with the same credential. The signal's reason
   */
  find(
    access: TaskAccess,
    { bypass, noStore, observedSince, proven }: HowToAsk,
    signal: AbortSignal,
  ): Promise<Filled<LiveTask> & { readonly shared: boolean }> {
    const { target, partition } = access;
    const { requestMs, attemptMs } = this.config.upstream;
    // The gateway's own credential asks for all of them already.
    const isSharedPoll = observedSince !== null && proven && this.upstream.isPassthrough(target.address.region);
    const options = {
      partition,
      lock: isSharedPoll ? POLLS : partition,
      observedSince,
      bypass,
      keep: !noStore,
      mayRead: () => this.proofs.isReadableByPartition(access),
      // Enough is left to ask after all.
      waitMs: Math.max(requestMs - attemptMs, requestMs / 2),
      negativeOf: (error: unknown) => this.negativeOf(error, target.provider),
      signal,
    };
    const endsAt = performance.now() + requestMs;
    const late = () => upstreamTimeout(target.provider.id);
    const fetch = (shared: AbortSignal) =>
      withDeadline(requestMs, { signal: shared, endsAt }, late, (deadline) =>
        this.fetch(access, { noStore, isStranger: !proven }, deadline),
      );
    return this.cache.fill(target.address, options, fetch);
  }

  private async fetch(
    access: TaskAccess,
    { noStore, isStranger }: { readonly noStore: boolean; readonly isStranger: boolean },
    deadline: Deadline,
  ): Promise<LiveTask> {
    const { target, caller } = access;
    const ownToken = this.upstream.isPassthrough(target.address.region);
    const since = this.proofs.momentOf(access);
    const asked = { ...target, caller: caller.principal, isStranger };
    let lookup: Lookup;
    try {
      lookup = await this.upstream.lookup(asked, ownToken ? caller.token : null, deadline);
    } catch (problem) {
      if (ownToken && isRefused(problem)) this.proofs.revoke(access);
      throw problem;
    }
    // Before it is stored: whoever waits for it is asked for a proof.
    if (ownToken && !noStore) await this.proofs.keep(access, since);
    return this.draw(target, lookup, noStore);
  }

  private draw(target: LookupTarget, { reading, observedAt }: Lookup, noStore: boolean): LiveTask {
    const { task, artifact } = reading;
    const { provider } = target;
    const version = versionOf(task);
    const found = { target, task, version, hasArtifact: artifact !== null, observedAt: observedAt.toISOString() };
    const live = presentTask({ ...found, source: 'live' }, observedAt.getTime());
    const snapshot = {
      final: task.done && provider.doneTtlSeconds === undefined,
      version,
      observedAt: observedAt.getTime(),
      pollAfterSeconds: live.pollAfterSeconds,
      artifact,
      body: noStore ? '' : JSON.stringify(withSource(live, 'cache')),
    };
    // Only a done task stays as it is: nothing that is stored can be ahead of it, nor of one that may live again.
    const yieldsToFinal = !task.done && provider.doneTtlSeconds === undefined;
    const times = this.timesOf(task.done, live.pollAfterSeconds, provider);
    return { snapshot, ...times, yieldsToFinal, body: JSON.stringify(live) };
  }

  private negativeOf(error: unknown, { visibilitySeconds }: Provider): NegativeAnswer | null {
    const entry = negativeEntryOf(error);
    if (entry === null) return null;
    const visibleAfterMs = (error as Problem).status === 404 ? visibilitySeconds * 1000 : 0;
    return { entry, ttlMs: this.config.cache.negativeTtlSeconds * 1000, visibleAfterMs };
  }

  private timesOf(
    done: boolean,
    pollAfterSeconds: number | null,
    { retentionSeconds, doneTtlSeconds }: Provider,
  ): Pick<FetchedTask, 'freshMs' | 'keptMs'> {
    const { finalTtlSeconds, unfinishedTtlSeconds, staleSeconds } = this.config.cache;
    const final = 1000 * Math.min(finalTtlSeconds, retentionSeconds ?? Number.POSITIVE_INFINITY);
    if (done && doneTtlSeconds === undefined) return { freshMs: final, keptMs: final };
    const freshMs = done ? Math.min(final, 1000 * (doneTtlSeconds ?? 0)) : 1000 * unfinishedTtlSeconds;
    // Whoever waits for the task asks again after that: by what is kept then others know what is new, and need not ask.
    const keptMs = Math.max(freshMs + 1000 * staleSeconds, 2000 * (pollAfterSeconds ?? 0));
    return { freshMs, keptMs };
  }
}

/** Whether the upstream has refused the credential itself, or what it asked for. */
function isRefused(problem: unknown): boolean {
  return problem instanceof Problem && (problem.status === 401 || problem.status === 403);
}
