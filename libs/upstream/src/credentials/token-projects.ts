import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { untilAborted } from '../resilience/until-aborted.js';
import { monotonicClock } from '../resilience/rolling-counter.js';
import type { Clock } from '../resilience/rolling-counter.js';
import type { TokenFacts } from './iam-client.js';

const REMEMBERED_MS = 5 * 60_000;

/** Remembers which project a caller's token belongs to: until the token ends, at most five minutes. Tokens themselves are not kept. */
export class TokenProjects {
  private readonly key = randomBytes(32);
  private readonly asking = new Map<string, Promise<string | null>>();
  private readonly known: LRUCache<string, { readonly projectId: string | null }>;

  constructor(
    private readonly inspect: (token: string) => Promise<TokenFacts>,
    now: Clock = monotonicClock,
  ) {
    this.known = new LRUCache({ max: 10_000, ttl: REMEMBERED_MS, ttlResolution: 0, perf: { now } });
  }

  /** Null for a token that is not scoped to a project. @throws UpstreamFault when the token is refused */
  projectOf(token: string, signal: AbortSignal): Promise<string | null> {
    const name = createHmac('sha256', this.key).update(token).digest('base64url');
    const known = this.known.get(name);
    if (known !== undefined) return Promise.resolve(known.projectId);
    let asking = this.asking.get(name);
    if (asking === undefined) {
      // Shared by everybody who comes with this very token; it ends by its own deadline, not with one of them.
      asking = this.ask(name, token).finally(() => this.asking.delete(name));
      this.asking.set(name, asking);
    }
    return untilAborted(asking, signal);
  }

  private async ask(name: string, token: string): Promise<string | null> {
    const { projectId, lifetimeMs } = await this.inspect(token);
    if (lifetimeMs > 0) this.known.set(name, { projectId }, { ttl: Math.min(lifetimeMs, REMEMBERED_MS) });
    return projectId;
  }
}
