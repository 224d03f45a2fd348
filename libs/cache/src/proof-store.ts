import { LRUCache } from 'lru-cache';
import type { CacheEnvironment } from './cache-environment.js';
import type { Purges } from './purges.js';
import type { RedisStore } from './redis-store.js';
import { readStored, writeStored } from './stored-text.js';
import { proofName, scopeText } from './task-key.js';
import type { ScopeKey } from './task-key.js';

interface Proof {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly generation: string;
}

/** Each takes about 300 bytes. */
const MAX_PROOFS = 100_000;

/** The cloud itself lets a revoked token live for so long. */
export const MAX_PROOF_MS = 30 * 60_000;

/**
 * "This principal may read this scope": learnt from the upstream or the cloud's identity service, never from a cache.
 * Nothing that is stored leaves without one, where callers are not trusted by the gateway's own policy.
 */
export class ProofStore {
  readonly #environment: CacheEnvironment;
  readonly #redis: RedisStore | null;
  readonly #purges: Purges;
  readonly #memory = new LRUCache<string, Proof>({ max: MAX_PROOFS });

  constructor(environment: CacheEnvironment, redis: RedisStore | null, purges: Purges) {
    this.#environment = environment;
    this.#redis = redis;
    this.#purges = purges;
  }

  /** Whether this process knows of a live proof. */
  peek(principal: string, scope: ScopeKey): boolean {
    const name = memoryName(principal, scope);
    const proof = this.#memory.get(name);
    if (proof === undefined) return false;
    if (this.#isLive(proof, principal)) return true;
    this.#memory.delete(name);
    return false;
  }

  /** Whether there is a live proof. Never rejects; a failing Redis is none. */
  async has(principal: string, scope: ScopeKey): Promise<boolean> {
    if (this.peek(principal, scope)) return true;
    const name = proofName(principal, scopeText(scope));
    const text = (await this.#redis?.get(name)) ?? null;
    if (text === null) return false;
    const stored = readStored(text);
    const isOurs =
      stored?.kind === 'P' && stored.header['principal'] === principal && stored.header['scope'] === scopeText(scope);
    if (!isOurs) {
      this.#redis?.delete(name);
      return false;
    }
    const proof = {
      until: Math.min(stored.until, this.#environment.now() + MAX_PROOF_MS),
      generation: stored.generation,
    };
    if (!this.#isLive(proof, principal)) return false;
    this.#memory.set(memoryName(principal, scope), proof);
    return true;
  }

  /**
   * @param ttlMs milliseconds, 30 minutes at most; up to a tenth less
   * @param generation of the time before the proof was asked for
   */
  keep(principal: string, scope: ScopeKey, ttlMs: number, generation: string): void {
    const { now, random } = this.#environment;
    const keptMs = Math.floor(Math.min(ttlMs, MAX_PROOF_MS) * (1 - random() / 10));
    if (!(keptMs >= 1) || generation !== this.generationOf(principal)) return;
    const at = Math.floor(now());
    const proof = { until: at + keptMs, generation };
    this.#memory.set(memoryName(principal, scope), proof);
    if (this.#redis === null) return;
    const header = { principal, scope: scopeText(scope) };
    const text = writeStored({ kind: 'P', at, ...proof }, header);
    this.#redis.set(proofName(principal, scopeText(scope)), text, keptMs);
  }

  /** The upstream has said no: what it said before does not count any more. */
  revoke(principal: string, scope: ScopeKey): void {
    this.#memory.delete(memoryName(principal, scope));
    this.#redis?.delete(proofName(principal, scopeText(scope)));
  }

  generationOf(principal: string): string {
    return this.#purges.ofPrincipal(principal);
  }

  #isLive({ until, generation }: Proof, principal: string): boolean {
    return until > this.#environment.now() && generation === this.generationOf(principal);
  }
}

function memoryName(principal: string, scope: ScopeKey): string {
  return `${principal} ${scopeText(scope)}`;
}
