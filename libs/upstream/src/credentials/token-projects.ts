import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { monotonicClock } from '../resilience/rolling-counter.js';
import type { Clock } from '../resilience/rolling-counter.js';
import type { TokenFacts } from './iam-client.js';

const REMEMBERED_MS = 5 * 60_000;

/** Remembers which project a caller's token belongs to: until the token ends, at most five minutes. Tokens themselves are not kept. */
export class TokenProjects {
  private readonly key = randomBytes(32);
  private readonly known: LRUCache<string, { readonly projectId: string | null }>;

  constructor(
    private readonly inspect: (token: string, signal: AbortSignal) => Promise<TokenFacts>,
    now: Clock = monotonicClock,
  ) {
    this.known = new LRUCache({ max: 10_000, ttl: REMEMBERED_MS, ttlResolution: 0, perf: { now } });
  }

  /** Null for a token that is not scoped to a project. @throws UpstreamFault when the token is refused */
  async projectOf(token: string, signal: AbortSignal): Promise<string | null> {
    const name = createHmac('sha256', this.key).update(token).digest('base64url');
    const known = this.known.get(name);
    if (known !== undefined) return known.projectId;
    const { projectId, lifetimeMs } = await this.inspect(token, signal);
    if (lifetimeMs > 0) this.known.set(name, { projectId }, { ttl: Math.min(lifetimeMs, REMEMBERED_MS) });
    return projectId;
  }
}
