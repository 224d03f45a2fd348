import type { StoreContext } from './cache-environment.js';
import { entries } from './entries.js';
import { isSince } from './purges.js';
import type { Purges } from './purges.js';
import type { RedisStore } from '@gateway/redis';
import { Revocations } from './revocations.js';
import { readStored, writeStored } from './stored-text.js';
import { proofName } from './keys.js';

interface Proof {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly generation: string;
}

/** Each takes about 300 bytes. */
const MAX_PROOFS = 100_000;

const MAX_REVOKED = 10_000;

/** The cloud itself lets a revoked token live for so long. */
export const MAX_PROOF_MS = 30 * 60_000;

/**
 * "This principal may read this scope": learnt from the upstream or the cloud's identity service, never from a cache.
 * Nothing that is stored leaves without one, where callers are not trusted by the gateway's own policy.
 */
export class ProofStore {
  readonly #context: StoreContext;
  /** Null also where Redis is trusted only: a proof that anybody may have written there is none. */
  readonly #redis: RedisStore | null;
  readonly #purges: Purges;
  readonly #memory = entries<Proof>(MAX_PROOFS);
  /** Epoch milliseconds. A read that is under way, or a Redis that takes no writes, may still bring what was revoked. */
  readonly #revokedAt = entries<number>(MAX_REVOKED);
  /** Reads of Redis that are under way: many readers of one proof are one read. */
  readonly #reading = new Map<string, Promise<void>>();
  readonly counts = { mismatches: 0 };
  /** What is revoked here, and in other replicas. */
  readonly revocations: Revocations;

  constructor(context: StoreContext, redis: RedisStore | null, purges: Purges) {
    this.#context = context;
    this.#redis = context.seal.isKeyed ? redis : null;
    this.revocations = new Revocations(this.#redis, context, MAX_PROOF_MS, (name) => this.#forget(name));
    this.#purges = purges;
  }

  /** Whether this process knows of a live proof. */
  peek(principal: string, scope: string): boolean {
    const name = memoryName(principal, scope);
    const proof = this.#memory.get(name);
    if (proof === undefined) return false;
    if (this.#isLive(proof, principal)) return true;
    this.#memory.delete(name);
    return false;
  }

  /** Whether there is a live proof. Never rejects; a failing Redis is none. */
  async has(principal: string, scope: string): Promise<boolean> {
    if (this.peek(principal, scope)) return true;
    if (this.#redis === null) return false;
    const name = memoryName(principal, scope);
    const reading = this.#reading.get(name) ?? this.#read(this.#redis, principal, scope);
    this.#reading.set(name, reading);
    await reading.finally(() => this.#reading.delete(name));
    return this.peek(principal, scope);
  }

  async #read(redis: RedisStore, principal: string, scope: string): Promise<void> {
    const [name, ours] = [memoryName(principal, scope), proofName(principal, scope)];
    const text = await redis.get(ours);
    if (text === null) return;
    const stored = readStored(this.#context.seal, ours, text);
    const { principal: writtenFor, scope: writtenOf } = stored?.header ?? {};
    if (stored?.kind !== 'P' || writtenFor !== principal || writtenOf !== scope) {
      this.counts.mismatches += 1;
      this.#context.onMismatch();
      redis.delete(ours);
      return;
    }
    if (stored.at <= (this.#revokedAt.get(name) ?? -Infinity)) return;
    const until = Math.min(stored.until, this.#context.now() + MAX_PROOF_MS);
    const proof = { until, generation: stored.generation };
    if (this.#isLive(proof, principal)) this.#memory.set(name, proof);
  }

  /**
   * @param ttlMs milliseconds, 30 minutes at most; up to a tenth less
   * @param generation of the time before the proof was asked for
   * @param askedAt epoch milliseconds of that time: whoever was refused since does not believe it
   */
  keep(principal: string, scope: string, ttlMs: number, generation: string, askedAt = this.#context.now()): void {
    const { now, random } = this.#context;
    const keptMs = Math.floor(Math.min(ttlMs, MAX_PROOF_MS) * (1 - random() / 10));
    if (!(keptMs >= 1) || !isSince(generation, this.generationOf(principal))) return;
    const proof = { until: Math.floor(now()) + keptMs, generation };
    this.#memory.set(memoryName(principal, scope), proof);
    if (this.#redis === null) return;
    const header = { principal, scope: scope };
    const name = proofName(principal, scope);
    this.#redis.set(
      name,
      writeStored(this.#context.seal, name, { kind: 'P', at: Math.floor(askedAt), ...proof }, header),
      keptMs,
    );
  }

  /** The upstream has said no: what it said before does not count any more, in other replicas neither. */
  revoke(principal: string, scope: string): void {
    const name = memoryName(principal, scope);
    this.#forget(name);
    this.#redis?.delete(proofName(principal, scope));
    this.revocations.revoke(name);
  }

  #forget(name: string): void {
    this.#memory.delete(name);
    // Two of one millisecond differ.
    this.#revokedAt.set(name, Math.max(this.#context.now(), (this.#revokedAt.get(name) ?? 0) + 1));
  }

  /** Differs after a revocation here or, once that is told, elsewhere; zero before the first. */
  revisionOf(principal: string, scope: string): number {
    return this.#revokedAt.get(memoryName(principal, scope)) ?? 0;
  }

  generationOf(principal: string): string {
    return this.#purges.ofPrincipal(principal);
  }

  #isLive({ until, generation }: Proof, principal: string): boolean {
    return until > this.#context.now() && isSince(generation, this.generationOf(principal));
  }
}

function memoryName(principal: string, scope: string): string {
  return `${principal} ${scope}`;
}
