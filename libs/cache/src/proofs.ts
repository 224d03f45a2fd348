import type { RedisStore } from '@gateway/redis';
import type { StoreContext } from './settings.js';
import { isAhead, readEnvelope, writeEnvelope } from './envelope.js';
import type { Lifetime } from './envelope.js';
import { proofName } from './keys.js';
import type { Purges } from './purges.js';
import { Revocations } from './revocations.js';
import { TieredStore, boundedLru } from './tiered-store.js';
import type { StoreStats } from './tiered-store.js';

interface At {
  readonly principal: string;
  readonly scope: string;
}

interface Proof extends Lifetime {
  /** Epoch milliseconds when it was asked for. */
  readonly askedAt: number;
}

/** Each takes about 300 bytes. */
const MAX_PROOFS = 100_000;

const MAX_REVOKED = 10_000;

/** The cloud itself lets a revoked token live for so long. */
export const MAX_PROOF_MS = 30 * 60_000;

/**
 * "This principal may read this scope": from the upstream or the cloud's identity service, never from a cache.
 * Nothing that is stored leaves without one, where callers are not trusted by the gateway's own policy.
 */
export class Proofs {
  /** What is revoked here, and in other replicas. */
  readonly revocations: Revocations;
  /** Times that a proof was revoked here, since the start of the process. */
  revoked = 0;
  private readonly store: TieredStore<At, Proof>;
  /** Null also where Redis is trusted only: a proof that anybody may have written there is none. */
  private readonly redis: RedisStore | null;
  /** Epoch milliseconds. A read that is under way, or a Redis that takes no writes, may still bring what was revoked. */
  private readonly revokedAt = boundedLru<number>(MAX_REVOKED);

  constructor(
    private readonly context: StoreContext,
    redis: RedisStore | null,
    private readonly purges: Purges,
  ) {
    this.redis = context.seal.isKeyed ? redis : null;
    const codec = {
      localKey,
      name: nameOf,
      epochOf: ({ principal }: At) => purges.ofPrincipal(principal),
      maxTtlMs: MAX_PROOF_MS,
      decode: (at: At, text: string) => {
        const envelope = readEnvelope(context.seal, nameOf(at), text);
        if (envelope === null) return null;
        const { kind, at: askedAt, freshUntil, epoch, header } = envelope;
        const isNamed = kind === 'P' && header['principal'] === at.principal && header['scope'] === at.scope;
        return isNamed ? { askedAt, freshUntil, keptUntil: freshUntil, epoch } : null;
      },
      isVoid: (at: At, { askedAt }: Proof) => askedAt <= (this.revokedAt.get(localKey(at)) ?? -Infinity),
      isAhead: ({ askedAt }: Proof, now: number) => isAhead(askedAt, now),
    };
    this.store = new TieredStore(codec, context, this.redis, boundedLru<Proof>(MAX_PROOFS));
    this.revocations = new Revocations(this.redis, context, MAX_PROOF_MS, (key) => this.forget(key));
  }

  stats(): StoreStats {
    return this.store.stats();
  }

  /** Whether this process knows of a live proof. */
  hasLocal(principal: string, scope: string): boolean {
    return this.store.getLocal({ principal, scope }) !== null;
  }

  /** Epoch milliseconds until which a proof lives that this process knows of; -Infinity where it knows none. */
  endsAt(principal: string, scope: string): number {
    return this.store.getLocal({ principal, scope })?.freshUntil ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether there is a live proof. Never rejects; a failing Redis is none. */
  async has(principal: string, scope: string): Promise<boolean> {
    if (this.hasLocal(principal, scope)) return true;
    // What was read may have been revoked since.
    return (await this.store.getCached({ principal, scope })) !== null && this.hasLocal(principal, scope);
  }

  /**
   * @param ttlMs milliseconds, 30 minutes at most; up to a tenth less
   * @param epoch of the time before the proof was asked for
   * @param askedAt epoch milliseconds of that time: a revocation since then voids it
   */
  set(principal: string, scope: string, ttlMs: number, epoch: string, askedAt = this.context.now()): void {
    const at = { principal, scope };
    const [keptMs = 0] = this.store.ttlOf(ttlMs);
    if (!(keptMs >= 1) || !this.store.isSince(at, epoch)) return;
    const freshUntil = Math.floor(this.context.now()) + keptMs;
    this.store.setLocal(at, { askedAt, freshUntil, keptUntil: freshUntil, epoch });
    const stamp = { kind: 'P' as const, at: Math.floor(askedAt), freshUntil, epoch };
    this.redis?.set(nameOf(at), writeEnvelope(this.context.seal, nameOf(at), stamp, at), keptMs);
  }

  /** The upstream has refused the principal: its answers before prove nothing any more, in other replicas neither. */
  revoke(principal: string, scope: string): void {
    const key = localKey({ principal, scope });
    this.revoked += 1;
    this.forget(key);
    this.redis?.delete(nameOf({ principal, scope }));
    this.revocations.revoke(key);
  }

  /** Differs after a revocation here or, once that is merged, elsewhere; zero before the first. */
  revisionOf(principal: string, scope: string): number {
    return this.revokedAt.get(localKey({ principal, scope })) ?? 0;
  }

  epochOf(principal: string): string {
    return this.purges.ofPrincipal(principal);
  }

  private forget(key: string): void {
    this.store.deleteLocal(key);
    // Two of one millisecond differ.
    this.revokedAt.set(key, Math.max(this.context.now(), (this.revokedAt.get(key) ?? 0) + 1));
  }
}

function nameOf({ principal, scope }: At): string {
  return proofName(principal, scope);
}

function localKey({ principal, scope }: At): string {
  return `${principal} ${scope}`;
}
