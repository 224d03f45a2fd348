import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { untilAborted } from '../resilience/until-aborted.js';
import { monotonicClock } from '../resilience/rolling-counter.js';
import type { Clock } from '../resilience/rolling-counter.js';
import type { TokenFacts } from './iam-client.js';

const REMEMBERED_MS = 5 * 60_000;

interface Remembered {
  readonly projectId: string | null;
  /** By the clock that is given. */
  readonly endsAt: number;
}

/**
 * Remembers what the cloud says about callers' tokens, their project and their end: until the token ends, at most five
 * minutes. Tokens themselves are not kept.
 */
export class KnownTokens {
  private readonly key = randomBytes(32);
  private readonly asking = new Map<string, Promise<TokenFacts>>();
  private readonly known: LRUCache<string, Remembered>;

  constructor(
    private readonly inspect: (token: string) => Promise<TokenFacts>,
    private readonly now: Clock = monotonicClock,
  ) {
    this.known = new LRUCache({ max: 10_000, ttl: REMEMBERED_MS, ttlResolution: 0, perf: { now } });
  }

  /** @throws UpstreamFault when the token is refused */
  factsOf(token: string, signal: AbortSignal): Promise<TokenFacts> {
    const name = this.nameOf(token);
    const known = this.remembered(name);
    if (known !== null) return Promise.resolve(known);
    let asking = this.asking.get(name);
    if (asking === undefined) {
      // Shared by everybody who comes with this very token; it ends by its own deadline, not with one of them.
      asking = this.ask(name, token).finally(() => this.asking.delete(name));
      this.asking.set(name, asking);
    }
    return untilAborted(asking, signal);
  }

  /** What is known of a token without asking. */
  peek(token: string): TokenFacts | null {
    return this.known.size === 0 ? null : this.remembered(this.nameOf(token));
  }

  private remembered(name: string): TokenFacts | null {
    const known = this.known.get(name);
    return known === undefined ? null : { projectId: known.projectId, lifetimeMs: known.endsAt - this.now() };
  }

  private async ask(name: string, token: string): Promise<TokenFacts> {
    const facts = await this.inspect(token);
    const { projectId, lifetimeMs } = facts;
    const endsAt = this.now() + lifetimeMs;
    if (lifetimeMs > 0) this.known.set(name, { projectId, endsAt }, { ttl: Math.min(lifetimeMs, REMEMBERED_MS) });
    return facts;
  }

  private nameOf(token: string): string {
    return createHmac('sha256', this.key).update(token).digest('base64url');
  }
}
