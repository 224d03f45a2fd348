import { LRUCache } from 'lru-cache';
import { SingleFlight, untilAborted } from '@gateway/async';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import type { Credentials } from './credentials.js';
import type { IssuedToken, LoginScope } from './iam-client.js';

export type Login = (scope: LoginScope) => Promise<IssuedToken>;

interface Held {
  readonly token: string;
  /** What no answer may say: the token, its predecessor, which may be good for a while, and the password. */
  readonly secrets: readonly string[];
  /** Epoch milliseconds of this machine, as the other times. */
  readonly issuedAt: number;
  readonly renewAt: number;
  readonly expiresAt: number;
  /** Whether it was fetched because the upstream called its predecessor expired. */
  readonly replacesExpired: boolean;
}

/** A refused password is not tried again for this long: repeated failures lock the account. */
const REFUSAL_MS = 10_000;
export const MAX_REFUSALS = 1_000;

/** What is wrong with a token this young is wrong with its successor, too. */
const YOUNG_MS = 30_000;

/** Logs in at IAM: one token per project, renewed before it ends, never two logins for one project at once. */
export class PasswordCredentials implements Credentials {
  private readonly tokens = new Map<string, Held>();
  /** The last one of each project, be it held or not. */
  private readonly lastTokens = new Map<string, string>();
  private readonly logins = new SingleFlight<Held>();
  private readonly expired = new Set<string>();
  /** Bounded: callers choose the projects. */
  private readonly refusals = new LRUCache<string, { readonly until: number; readonly failure: UpstreamFailure }>({
    max: MAX_REFUSALS,
  });

  constructor(
    private readonly account: Omit<LoginScope, 'projectId'>,
    private readonly login: Login,
    private readonly now: () => number = Date.now,
  ) {}

  authorize: Credentials['authorize'] = async ({ projectId }, _callerToken, signal) => {
    if (projectId === null)
      throw new UpstreamFailure({ problem: 'upstream-misconfigured', detail: 'There is no project to log in to.' });
    const { token, secrets } = await this.hold(projectId, signal);
    return {
      headers: { 'x-auth-token': token },
      secrets,
      forget: (reason) => this.forget(projectId, token, reason),
    };
  };

  /** Drops a refused token, unless another took its place already, or a new one would fare no better. */
  private forget(projectId: string, token: string, reason: 'expired' | 'refused'): boolean {
    const held = this.tokens.get(projectId);
    if (held?.token !== token) return true;
    const isYoung = this.now() - held.issuedAt <= YOUNG_MS;
    // Else a cloud that refuses every token would be sent a login with each request.
    if (isYoung && (reason === 'refused' || held.replacesExpired)) return false;
    this.tokens.delete(projectId);
    if (reason === 'expired') this.expired.add(projectId);
    return true;
  }

  private async hold(projectId: string, signal: AbortSignal): Promise<Held> {
    const held = this.tokens.get(projectId);
    if (held !== undefined && this.now() < held.expiresAt) {
      // A token close to its end still works: renew it beside this request, which need not wait.
      if (this.now() >= held.renewAt) this.loginOnce(projectId).catch(() => undefined);
      return held;
    }
    const refusal = this.refusals.get(projectId);
    if (refusal !== undefined && this.now() < refusal.until) throw refusal.failure;
    return untilAborted(this.loginOnce(projectId), signal);
  }

  /** Shared by everybody who waits; it ends by its own deadline, not with one of them. */
  private async loginOnce(projectId: string): Promise<Held> {
    return (await this.logins.run(projectId, () => this.logIn(projectId))).value;
  }

  private async logIn(projectId: string): Promise<Held> {
    try {
      const { token, lifetimeMs } = await this.login({ ...this.account, projectId });
      const now = this.now();
      const early = Math.min(lifetimeMs / 2, Math.max(lifetimeMs / 10, 5 * 60_000));
      const replacesExpired = this.expired.delete(projectId);
      const lastToken = this.lastTokens.get(projectId);
      const held = {
        token,
        secrets: [token, this.account.password, ...(lastToken === undefined ? [] : [lastToken])],
        issuedAt: now,
        renewAt: now + lifetimeMs - early,
        expiresAt: now + lifetimeMs,
        replacesExpired,
      };
      this.tokens.set(projectId, held);
      this.lastTokens.set(projectId, token);
      this.refusals.delete(projectId);
      return held;
    } catch (error) {
      if (error instanceof UpstreamFailure && error.slug === 'upstream-credentials-rejected')
        this.refusals.set(projectId, { until: this.now() + REFUSAL_MS, failure: error });
      throw error;
    }
  }
}
