import { Injectable } from '@nestjs/common';
import { withDeadline } from '@gateway/async';
import { TaskCache, isUsable } from '@gateway/cache';
import type { StoredTask } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import { upstreamTimeout } from '@gateway/upstream';
import type { LookupTarget } from '@gateway/upstream';
import type { Caller } from '../access/authentication.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { AccessProofs } from './access-proofs.js';
import type { TaskAccess } from './access-proofs.js';
import { problemOfEntry } from './stored-entries.js';
import { NO_DIRECTIVES } from './task-request.js';
import type { CacheDirectives } from './task-request.js';
import { answerOf, hitOf, staleOf } from './task-reply.js';
import type { TaskAnswer } from './task-reply.js';
import { TaskLookup } from './task-lookup.js';
import type { HowToAsk } from './task-lookup.js';

/** Problems of an upstream that is down or cannot be asked: its last answer may be shown instead. */
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
  constructor(
    private readonly config: GatewayConfig,
    private readonly cache: TaskCache,
    private readonly proofs: AccessProofs,
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
    const access = this.proofs.accessOf(caller, target);
    if (directives.reload || !this.proofs.hasLocal(access)) return null;
    const { address } = target;
    const local = this.cache.tasks.getLocal(address);
    if (local !== null) return hitOrNull(local, directives);
    const remote = this.cache.tasks.getRemote(address);
    return remote && this.whileProven(access, remote).then((stored) => hitOrNull(stored, directives));
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
    const access = this.proofs.accessOf(caller, target);
    try {
      return await this.current(access, directives, signal);
    } catch (error) {
      const stale = isDown(error) && !directives.reload ? await this.lastKnown(access, directives) : null;
      if (stale === null) throw error;
      return stale;
    }
  }

  /**
   * As {@link find}, for who asks again and again: what was observed since then will do, and nothing stale is shown.
   * @param observedSince epoch milliseconds
   * @throws Problem for every lookup that fails; the signal's reason
   */
  ask(target: LookupTarget, caller: Caller, observedSince: number, signal: AbortSignal): Promise<TaskAnswer> {
    // The target may have been resolved for a request that is long over.
    const endsAt = performance.now() + this.config.upstream.requestMs;
    const access = this.proofs.accessOf(caller, { ...target, endsAt });
    return this.current(access, { ...NO_DIRECTIVES, observedSince }, signal);
  }

  /** What is stored, fresh or only kept, and provably the caller's to see without asking any upstream; else null. Never rejects. */
  async lastSeen(target: LookupTarget, caller: Caller): Promise<TaskAnswer | null> {
    const access = this.proofs.accessOf(caller, target);
    if (!(await this.proofs.isKnown(access))) return null;
    const stored = await this.whileProven(access, this.cache.tasks.getCached(target.address));
    return stored === null ? null : hitOf(stored, Date.now());
  }

  /** What {@link find} shows while the upstream is down; null where that is nothing. Never rejects. */
  staleSeen(target: LookupTarget, caller: Caller): Promise<TaskAnswer | null> {
    return this.lastKnown(this.proofs.accessOf(caller, target), NO_DIRECTIVES);
  }

  /** What is stored and will do, or what the upstream says now. */
  private async current(access: TaskAccess, directives: CacheDirectives, signal: AbortSignal): Promise<TaskAnswer> {
    const { target, partition } = access;
    const { reload, noStore, onlyIfCached, observedSince } = directives;
    // First the proof, then the store: without one it stays unknown whether there is something.
    const needsProof = !reload || access.proof === 'token';
    const proven = this.proofs.hasLocal(access) || (needsProof && (await this.proofs.has(access, signal)));
    const stored = proven && !reload ? await this.whileProven(access, this.stored(access, directives)) : null;
    const now = Date.now();
    const usable = stored !== null && isUsable(stored, now, observedSince) ? stored : null;
    if (usable !== null && isYoungEnough(usable, directives, now)) return hitOf(usable, now);
    const negative = reload ? null : this.cache.negatives.getLocal(target.address, partition);
    if (negative !== null) throw problemOfEntry(negative);
    if (onlyIfCached)
      throw new Problem('not-in-cache', {
        detail: 'No answer about this task is stored that you may be shown.',
        provider: target.provider.id,
      });
    // Something is stored, and the request does not accept it: that is the request's doing.
    const bypass = reload || usable !== null;
    const answer = await this.fill(access, { bypass, noStore, observedSince, proven }, signal);
    await this.proofs.confirm(access, signal);
    return answer;
  }

  /** What is being read from the store; null where a purge has voided the proof meanwhile. */
  private async whileProven(
    access: TaskAccess,
    reading: StoredTask | null | Promise<StoredTask | null>,
  ): Promise<StoredTask | null> {
    const stored = await reading;
    return this.proofs.hasLocal(access) ? stored : null;
  }

  private stored(
    { target: { address }, partition }: TaskAccess,
    { maxAgeSeconds, onlyIfCached }: CacheDirectives,
  ): StoredTask | null | Promise<StoredTask | null> {
    // A fill reads Redis while it acquires its lock: once is enough, where any answer will do.
    const willFill = !onlyIfCached && this.cache.negatives.getLocal(address, partition) === null;
    return willFill && maxAgeSeconds === null
      ? this.cache.tasks.getLocal(address)
      : this.cache.tasks.getCached(address);
  }

  private async fill(access: TaskAccess, how: HowToAsk, signal: AbortSignal): Promise<TaskAnswer> {
    const { target } = access;
    const outer = { signal, ...(target.endsAt === undefined ? {} : { endsAt: target.endsAt }) };
    const late = () => upstreamTimeout(target.provider.id);
    const filled = await withDeadline(this.config.upstream.requestMs, outer, late, () =>
      this.lookup.find(access, how, signal),
    );
    const reason = how.bypass ? 'request' : 'uri-miss';
    const shared = { kind: 'miss', reason, stored: false, collapsed: true } as const;
    switch (filled.kind) {
      case 'negative':
        throw problemOfEntry(filled.entry);
      case 'stored':
        if (!filled.waited) return hitOf(filled.stored, Date.now());
        return answerOf(filled.stored, filled.stored.body, 'cache', shared);
      case 'done-before': {
        const outcome = { kind: 'done-before', reason, collapsed: filled.shared } as const;
        return answerOf(filled.stored, filled.stored.body, 'cache', outcome);
      }
      case 'fetched': {
        const { snapshot, body } = filled.fetched;
        const own = { ...shared, stored: filled.isStored, collapsed: false };
        return answerOf(snapshot, body, 'live', filled.shared ? shared : own);
      }
    }
  }

  /** The last known unfinished state, where it may be shown as stale and the caller's proof still lives. */
  private async lastKnown(access: TaskAccess, directives: CacheDirectives): Promise<TaskAnswer | null> {
    const { staleSeconds } = this.config.cache;
    if (staleSeconds === 0 || !this.proofs.hasLocal(access)) return null;
    const stored = await this.whileProven(access, this.cache.tasks.getCached(access.target.address));
    const now = Date.now();
    if (stored === null || stored.final || !isYoungEnough(stored, directives, now)) return null;
    // For those who ask again and again it may be kept for longer.
    return now < stored.freshUntil + staleSeconds * 1000 ? staleOf(stored) : null;
  }
}

/** Whether a lookup failed in such a way that the last known state may be shown. */
export function isDown(error: unknown): boolean {
  return error instanceof Problem && DOWN.has(error.slug);
}

/** What is stored, as an answer; null where it does not do, or is older than the request accepts. */
function hitOrNull(stored: StoredTask | null, directives: CacheDirectives): TaskAnswer | null {
  const now = Date.now();
  if (stored === null || !isUsable(stored, now, directives.observedSince)) return null;
  if (!isYoungEnough(stored, directives, now)) return null;
  return hitOf(stored, now);
}

function isYoungEnough({ observedAt }: StoredTask, { maxAgeSeconds }: CacheDirectives, now: number): boolean {
  return maxAgeSeconds === null || now - observedAt <= maxAgeSeconds * 1000;
}
