import { Injectable } from '@nestjs/common';
import { SingleFlight, withDeadline } from '@gateway/async';
import { TaskCache } from '@gateway/cache';
import type { StoredTask } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import type { TaskAddress } from '@gateway/tasks';
import { upstreamTimeout } from '@gateway/upstream';
import type { LookupTarget } from '@gateway/upstream';
import type { Caller } from '../access/authentication.js';
import { GatewayConfig } from '../config/gateway-config.js';
import type { CacheDirectives } from './task-request.js';
import { ReaderProofs } from './reader-proofs.js';
import type { Reader } from './reader-proofs.js';
import { refusalProblem } from './refusals.js';
import { answerOf, hitOf, staleOf } from './task-answer.js';
import type { TaskAnswer } from './task-answer.js';
import { TaskLookup } from './task-lookup.js';
import type { LookupResult } from './task-lookup.js';

/** Problems that tell that the upstream is down, or cannot be asked: what it said last may be shown instead. */
const DOWN: ReadonlySet<string> = new Set([
  'upstream-error',
  'upstream-unreachable',
  'upstream-unavailable',
  'upstream-timeout',
  'gateway-busy',
]);

/** Answers about one task: what is stored, for who may see it, or what the upstream says now. */
@Injectable()
export class TasksService {
  private readonly flights = new SingleFlight<LookupResult>();

  constructor(
    private readonly config: GatewayConfig,
    private readonly cache: TaskCache,
    private readonly proofs: ReaderProofs,
    private readonly lookup: TaskLookup,
  ) {}

  /**
   * What is stored, fresh and provably the caller's to see: at once where this process remembers it, later where only
   * Redis may. Null where it has to be asked for, or {@link find} has to look closer. Never rejects.
   */
  getCached(
    target: LookupTarget,
    caller: Caller,
    directives: CacheDirectives,
  ): TaskAnswer | null | Promise<TaskAnswer | null> {
    if (directives.reload || !this.proofs.peek(this.proofs.readerOf(caller, target))) return null;
    const { results } = this.cache;
    const { address } = target;
    const remembered = results.peek(address);
    if (remembered !== null) return usable(remembered, directives);
    return results.readElsewhere(address)?.then((stored) => usable(stored, directives)) ?? null;
  }

  /**
   * @param caller authorized for this target already
   * @param signal aborts when the caller has gone
   * @throws Problem for every lookup that fails; the signal's reason when the caller has gone
   */
  async find(
    target: LookupTarget,
    caller: Caller,
    directives: CacheDirectives,
    signal: AbortSignal,
  ): Promise<TaskAnswer> {
    const { address } = target;
    const reader = this.proofs.readerOf(caller, target);
    // First the proof, then the store: without one nobody learns whether there is something.
    const needsProof = !directives.reload || reader.proof === 'token';
    const proven = this.proofs.peek(reader) || (needsProof && (await this.proofs.has(reader, signal)));
    const stored = proven && !directives.reload ? await this.stored(address, reader, directives) : null;
    const now = Date.now();
    const isFresh = stored !== null && stored.freshUntil > now;
    if (isFresh && isYoungEnough(stored, directives, now)) return hitOf(stored, now);
    if (!directives.reload) {
      const refusal = this.cache.negatives.peek(address, reader.asker);
      if (refusal !== null) throw refusalProblem(refusal);
    }
    if (directives.onlyIfCached)
      throw new Problem('not-in-cache', {
        detail: 'No answer about this task is stored that you may be shown.',
        provider: target.provider.id,
      });
    // Something is stored, and the request does not accept it: that is the request's doing.
    const insists = directives.reload || isFresh;
    try {
      return await this.ask(address, reader, insists, directives.noStore, signal);
    } catch (error) {
      const stale = insists ? null : await this.lastKnown(address, reader, directives, error);
      if (stale === null) throw error;
      return staleOf(stale);
    }
  }

  private stored(
    address: TaskAddress,
    { asker }: Reader,
    { maxAgeSeconds, onlyIfCached }: CacheDirectives,
  ): StoredTask | null | Promise<StoredTask | null> {
    const remembered = this.cache.results.peek(address);
    // Whoever goes on to ask reads Redis while taking the lease: once is enough, where any answer will do.
    const willAsk = !onlyIfCached && this.cache.negatives.peek(address, asker) === null;
    const willRead = willAsk && maxAgeSeconds === null;
    if (willRead || (remembered !== null && remembered.freshUntil > Date.now())) return remembered;
    return this.cache.results.read(address);
  }

  /** Shares a question that is under way with whoever asks the same with the same credential. */
  private async ask(
    address: TaskAddress,
    reader: Reader,
    insists: boolean,
    noStore: boolean,
    signal: AbortSignal,
  ): Promise<TaskAnswer> {
    const { target, asker } = reader;
    // With the generation: what was asked before a purge is of no use to who asks after it.
    const generation = this.cache.negatives.generationOf(address, asker);
    const name = `${asker} ${generation} ${insists ? 'insists' : ''}${noStore ? ' keeps nothing' : ''} ${address.key}`;
    const { requestMs } = this.config.upstream;
    const outer = { signal, ...(target.endsAt === undefined ? {} : { endsAt: target.endsAt }) };
    const lookup = await withDeadline(
      requestMs,
      outer,
      () => upstreamTimeout(target.provider.id),
      ({ signal: ended, endsAt }) =>
        this.flights.run(
          name,
          (shared) => this.lookup.settle(address, reader, insists, noStore, { signal: shared, endsAt }),
          ended,
        ),
    );
    const { value, shared: joined } = lookup;
    if (value.kind === 'stored' && !value.waited) return hitOf(value.stored, Date.now());
    const reason = insists ? 'request' : 'uri-miss';
    if (value.kind === 'done-before')
      return answerOf(value.stored, value.stored.body, 'cache', { kind: 'done-before', reason, collapsed: joined });
    const miss = { kind: 'miss', reason, stored: false, collapsed: true } as const;
    if (value.kind === 'stored') return answerOf(value.stored, value.stored.body, 'cache', miss);
    const own = { ...miss, stored: value.isStored, collapsed: false };
    return answerOf(value.snapshot, value.body, 'live', joined ? miss : own);
  }

  /** The last known unfinished state, while the upstream is down and the caller's proof still lives. */
  private async lastKnown(
    address: TaskAddress,
    reader: Reader,
    directives: CacheDirectives,
    error: unknown,
  ): Promise<StoredTask | null> {
    if (!(error instanceof Problem) || !DOWN.has(error.slug) || this.config.cache.staleSeconds === 0) return null;
    if (!this.proofs.peek(reader)) return null;
    const stored = await this.cache.results.read(address);
    return stored !== null && !stored.final && isYoungEnough(stored, directives, Date.now()) ? stored : null;
  }
}

/** What is stored, as an answer; null where it is not fresh, or older than the request accepts. */
function usable(stored: StoredTask | null, directives: CacheDirectives): TaskAnswer | null {
  const now = Date.now();
  if (stored === null || stored.freshUntil <= now || !isYoungEnough(stored, directives, now)) return null;
  return hitOf(stored, now);
}

function isYoungEnough({ observedAt }: StoredTask, { maxAgeSeconds }: CacheDirectives, now: number): boolean {
  return maxAgeSeconds === null || now - observedAt <= maxAgeSeconds * 1000;
}
