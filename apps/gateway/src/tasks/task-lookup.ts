import { Injectable } from '@nestjs/common';
import type { Deadline } from '@gateway/async';
import { TaskCache, taskNames } from '@gateway/cache';
import type { RedisWrite, StoredTask, TaskSnapshot } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import type { Provider, TaskAddress } from '@gateway/tasks';
import { UpstreamClient } from '@gateway/upstream';
import type { Lookup, LookupTarget } from '@gateway/upstream';
import { GatewayConfig } from '../config/gateway-config.js';
import { ReaderProofs } from './reader-proofs.js';
import type { Reader } from './reader-proofs.js';
import { presentTask, versionOf, withSource } from './task-body.js';
import { refusalOf, refusalProblem } from './refusals.js';

export type LookupResult =
  /** The upstream was asked. `body` says `live`, the snapshot's says `cache`. */
  | { readonly kind: 'live'; readonly snapshot: TaskSnapshot; readonly body: string; readonly isStored: boolean }
  /** The upstream was asked, and says that a task goes on which is stored as done: that is shown. */
  | { readonly kind: 'done-before'; readonly stored: StoredTask }
  /** Another replica has stored it in the meantime; `waited` where it was asking when this one came. */
  | { readonly kind: 'stored'; readonly stored: StoredTask; readonly waited: boolean };

type Answer = { readonly write: RedisWrite | null } & (
  { readonly kind: 'found'; readonly result: LookupResult } | { readonly kind: 'refused'; readonly problem: unknown }
);

/** Asks the upstream about a task, one replica at a time, and stores what it says. */
@Injectable()
export class TaskLookup {
  constructor(
    private readonly config: GatewayConfig,
    private readonly cache: TaskCache,
    private readonly proofs: ReaderProofs,
    private readonly upstream: UpstreamClient,
  ) {}

  /**
   * @param insists on the upstream itself: what others store or ask is of no use
   * @throws Problem; it holds for everybody who asks with the same credential
   */
  async settle(
    address: TaskAddress,
    reader: Reader,
    insists: boolean,
    noStore: boolean,
    deadline: Deadline,
  ): Promise<LookupResult> {
    const turn = insists
      ? ({ kind: 'lead', lease: null, waited: false } as const)
      : await this.cache.leases.take(this.questionOf(address, reader), this.patienceMs, deadline.signal);
    if (turn.kind === 'result') {
      const stored = this.cache.results.adopt(turn.text, address);
      if (stored !== null) return { kind: 'stored', stored, waited: turn.waited };
    }
    if (turn.kind === 'negative') {
      const refusal = this.cache.negatives.adopt(turn.text, address, reader.asker);
      if (refusal !== null) throw refusalProblem(refusal);
    }
    let write: RedisWrite | null = null;
    try {
      const answer = await this.ask(address, reader, noStore, deadline);
      ({ write } = answer);
      if (answer.kind === 'refused') throw answer.problem;
      return answer.result;
    } finally {
      this.cache.leases.leave(turn.kind === 'lead' ? turn.lease : null, write);
    }
  }

  private async ask(address: TaskAddress, reader: Reader, noStore: boolean, deadline: Deadline): Promise<Answer> {
    const { target, caller, asker } = reader;
    const ownToken = this.upstream.isPassthrough(target.address.region);
    // Of the time before the question: an answer that a purge overtakes is void.
    const generations = this.generationsOf(address, reader);
    const since = this.proofs.momentOf(reader);
    let lookup: Lookup;
    try {
      lookup = await this.upstream.lookup(
        { ...target, caller: caller.principal },
        ownToken ? caller.token : null,
        deadline,
      );
    } catch (problem) {
      if (ownToken && isRefused(problem)) this.proofs.revoke(reader);
      const write = noStore ? null : this.refused(address, reader, problem, generations.negative);
      return { kind: 'refused', problem, write };
    }
    if (ownToken && !noStore) await this.proofs.keep(reader, since);
    this.cache.negatives.forget(address, asker);
    // The upstream has just let this reader read: what others stored of the task may be shown.
    const done = this.isAhead(lookup, target) ? null : await this.cache.results.doneOf(address);
    if (done !== null) return { kind: 'found', result: { kind: 'done-before', stored: done }, write: null };
    return { kind: 'found', ...this.found(address, target, lookup, noStore, generations.result) };
  }

  private found(
    address: TaskAddress,
    target: LookupTarget,
    { reading: { task, artifact }, observedAt }: Lookup,
    noStore: boolean,
    generation: string,
  ): { readonly result: LookupResult; readonly write: RedisWrite | null } {
    const version = versionOf(task);
    const found = { target, task, version, hasArtifact: artifact !== null, observedAt: observedAt.toISOString() };
    const live = presentTask({ ...found, source: 'live' }, observedAt.getTime());
    const snapshot = {
      final: task.done && target.provider.doneTtlSeconds === undefined,
      version,
      observedAt: observedAt.getTime(),
      pollAfterSeconds: live.pollAfterSeconds,
      artifact,
      body: noStore ? '' : JSON.stringify(withSource(live, 'cache')),
    };
    const [freshMs, keptMs] = this.timesOf(task.done, target.provider);
    const kept = noStore ? null : this.cache.results.keep(address, snapshot, freshMs, keptMs, generation);
    const result = { kind: 'live' as const, snapshot, body: JSON.stringify(live), isStored: kept !== null };
    return { result, write: kept?.write ?? null };
  }

  private refused(
    address: TaskAddress,
    { target, asker }: Reader,
    problem: unknown,
    generation: string,
  ): RedisWrite | null {
    const refusal = refusalOf(problem);
    if (refusal === null) return null;
    const ttlMs = this.config.cache.negativeTtlSeconds * 1000;
    const { visibilitySeconds } = target.provider;
    const visibleAfterMs = (problem as Problem).status === 404 ? visibilitySeconds * 1000 : 0;
    return this.cache.negatives.keep(address, asker, refusal, ttlMs, visibleAfterMs, generation);
  }

  /** For how many milliseconds an answer is fresh, and kept. */
  private timesOf(done: boolean, { retentionSeconds, doneTtlSeconds }: Provider): readonly [number, number] {
    const { finalTtlSeconds, unfinishedTtlSeconds, staleSeconds } = this.config.cache;
    const final = 1000 * Math.min(finalTtlSeconds, retentionSeconds ?? Number.POSITIVE_INFINITY);
    if (done && doneTtlSeconds === undefined) return [final, final];
    const fresh = done ? Math.min(final, 1000 * (doneTtlSeconds ?? 0)) : 1000 * unfinishedTtlSeconds;
    return [fresh, fresh + 1000 * staleSeconds];
  }

  /** Whether nothing that is stored can be ahead of this answer: only a done task stays as it is. */
  private isAhead({ reading: { task } }: Lookup, { provider }: LookupTarget): boolean {
    return task.done || provider.doneTtlSeconds !== undefined;
  }

  private questionOf(address: TaskAddress, reader: Reader) {
    return {
      names: taskNames(address, reader.asker),
      generations: () => this.generationsOf(address, reader),
      isReadable: () => this.proofs.haveAll(reader),
      now: Date.now,
    };
  }

  private generationsOf(address: TaskAddress, { asker }: Reader) {
    return {
      result: this.cache.results.generationOf(address),
      negative: this.cache.negatives.generationOf(address, asker),
    };
  }

  /** Milliseconds to wait for another replica: enough is left to ask after all. */
  private get patienceMs(): number {
    const { requestMs, attemptMs } = this.config.upstream;
    return Math.max(requestMs - attemptMs, requestMs / 2);
  }
}

/** Whether the upstream has refused the credential itself, or what it asked for. */
function isRefused(problem: unknown): boolean {
  return problem instanceof Problem && (problem.status === 401 || problem.status === 403);
}
