import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { monotonicClock, untilAborted } from '@gateway/async';
import type { Clock } from '@gateway/async';
import type { TokenFacts } from './iam-client.js';

const REMEMBERED_MS = 5 * 60_000;

/** The cloud's answer about a token, and its age. */
export interface KnownFacts extends TokenFacts {
  /** Milliseconds since the cloud was asked. */
  readonly ageMs: number;
}

interface Remembered {
  readonly projectId: string | null;
  /** By the clock that is given. */
  readonly endsAt: number;
  readonly askedAt: number;
}

/**
 * Remembers what the cloud says about callers' tokens, their project and their end: until the token ends, at most five
 * minutes. Tokens themselves are not kept.
 */
export class KnownTokens {
  private readonly key = randomBytes(32);
  private readonly asking = new Map<string, Promise<KnownFacts>>();
  private readonly known: LRUCache<string, Remembered>;

  constructor(
    private readonly inspect: (token: string) => Promise<TokenFacts>,
    private readonly now: Clock = monotonicClock,
  ) {
    this.known = new LRUCache({ max: 10_000, ttl: REMEMBERED_MS, ttlResolution: 0, perf: { now } });
  }

  /**
   * @param maxAgeMs milliseconds; an answer of this age or older is fetched again
   * @throws UpstreamFailure when the token is refused
   */
  factsOf(token: string, signal: AbortSignal, maxAgeMs = Number.POSITIVE_INFINITY): Promise<KnownFacts> {
    const name = this.nameOf(token);
    const known = this.remembered(name);
    if (known !== null && known.ageMs < maxAgeMs) return Promise.resolve(known);
    let asking = this.asking.get(name);
    if (asking === undefined) {
      // Shared by everybody who comes with this very token; it ends by its own deadline, not with one of them.
      const isWanted = (): boolean => this.asking.get(name) === asking;
      asking = this.ask(name, token, isWanted).finally(() => isWanted() && this.asking.delete(name));
      this.asking.set(name, asking);
    }
    return untilAborted(asking, signal);
  }

  /** Drops what is known of the token, and what an earlier request is about to bring. */
  forget(token: string): void {
    const name = this.nameOf(token);
    this.known.delete(name);
    this.asking.delete(name);
  }

  private remembered(name: string): KnownFacts | null {
    const known = this.known.get(name);
    if (known === undefined) return null;
    const { projectId, endsAt, askedAt } = known;
    return { projectId, lifetimeMs: endsAt - this.now(), ageMs: this.now() - askedAt };
  }

  private async ask(name: string, token: string, isWanted: () => boolean): Promise<KnownFacts> {
    const askedAt = this.now();
    const facts = await this.inspect(token);
    const { projectId, lifetimeMs } = facts;
    const endsAt = this.now() + lifetimeMs;
    if (lifetimeMs > 0 && isWanted())
      this.known.set(name, { projectId, endsAt, askedAt }, { ttl: Math.min(lifetimeMs, REMEMBERED_MS) });
    return { projectId, lifetimeMs, ageMs: this.now() - askedAt };
  }

  private nameOf(token: string): string {
    return createHmac('sha256', this.key).update(token).digest('base64url');
  }
}
