import { LRUCache } from 'lru-cache';
import { SingleFlight, untilAborted } from '@gateway/async';
import { isHuaweiStyle } from '@gateway/tasks';
import type { Cloud } from '@gateway/tasks';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import type { IssuedToken, LoginScope } from './iam-client.js';
import { signRequest } from './sign-request.js';
import type { AccessKey } from './sign-request.js';

/** What has to be authorized. */
interface UnauthorizedRequest {
  readonly method: 'GET';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Null where the path needs no project. */
  readonly projectId: string | null;
}

/** How an upstream refuses credentials: the token has expired, or there is no telling why. */
type Rejection = 'expired' | 'refused';

export interface Authorization {
  /** Headers to add. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values that must not come back out of an upstream's answer. */
  readonly secrets: readonly string[];
  /** Drops what the upstream refused; whether another authorization would differ. */
  readonly forget: (reason: Rejection) => boolean;
}

/** One way of proving to a region's services who the caller is. */
export interface Credentials {
  /**
   * @param callerToken the caller's own token, where the caller sent one
   * @throws UpstreamFailure when no authorization can be had
   */
  readonly authorize: (
    request: UnauthorizedRequest,
    callerToken: string | null,
    signal: AbortSignal,
  ) => Promise<Authorization>;
}

/** The caller's own token goes upstream, and nobody else's. */
export function passthroughCredentials(cloud: Cloud): Credentials {
  return {
    authorize: async (_request, callerToken) => {
      // Checked at the edge already; a request without a token must not go out.
      if (callerToken === null)
        throw new UpstreamFailure({
          problem: 'upstream-credentials-rejected',
          ownToken: true,
          detail: 'There is no token to ask with.',
        });
      return withToken(cloud, callerToken);
    },
  };
}

/** One token of the gateway's, made by hand at the cloud: nothing here renews it. */
export function tokenCredentials(cloud: Cloud, token: string): Credentials {
  const authorization = withToken(cloud, token);
  return { authorize: async () => authorization };
}

function withToken(cloud: Cloud, token: string): Authorization {
  const headers: Authorization['headers'] = isHuaweiStyle(cloud)
    ? { 'x-auth-token': token }
    : { authorization: `Bearer ${token}` };
  return { headers, secrets: [token], forget: () => false };
}

/** Signs every request. There is nothing to renew: repeating a refused signature only helps to lock the key. */
export function keyCredentials(key: AccessKey, now: () => Date = () => new Date()): Credentials {
  const secrets = [key.accessKey, key.secretKey, key.securityToken].filter((value) => value !== undefined);
  return {
    authorize: async ({ method, url, headers, projectId }) => {
      const project: Readonly<Record<string, string>> = projectId === null ? {} : { 'x-project-id': projectId };
      const signed = signRequest({ method, url, headers: { ...headers, ...project }, body: '' }, key, now());
      // The signature is good for a while, for whoever reads it.
      const signature = signed['Authorization']?.split('Signature=').at(-1) ?? '';
      return { headers: { ...project, ...signed }, secrets: [...secrets, signature], forget: () => false };
    },
  };
}

export type Login = (scope: LoginScope) => Promise<IssuedToken>;

/** The last token of a project. */
interface ProjectToken {
  readonly token: string;
  /** What no answer may show: the token, its predecessor, which may be good for a while, and the password. */
  readonly secrets: readonly string[];
  /** Epoch milliseconds of this machine, as the other times. */
  readonly issuedAt: number;
  readonly renewAt: number;
  readonly expiresAt: number;
  /** Whether it was fetched because the upstream called its predecessor expired. */
  readonly replacesExpired: boolean;
  /** Why it is not used any more. */
  dropped: Rejection | null;
}

/** A rejected password is not tried again for this long: repeated failures lock the account. */
const REJECTED_MS = 10_000;
export const MAX_REJECTED = 1_000;

/** What is wrong with a token this young is wrong with its successor, too. */
const YOUNG_MS = 30_000;

/** Logs in at IAM: one token per project, renewed before it ends, never two logins for one project at once. */
export class PasswordCredentials implements Credentials {
  private readonly tokens = new Map<string, ProjectToken>();
  private readonly logins = new SingleFlight<ProjectToken>();
  /** Bounded: callers choose the projects. */
  private readonly rejected = new LRUCache<string, { readonly until: number; readonly failure: UpstreamFailure }>({
    max: MAX_REJECTED,
  });

  constructor(
    private readonly account: Omit<LoginScope, 'projectId'>,
    private readonly login: Login,
    private readonly now: () => number = Date.now,
  ) {}

  authorize: Credentials['authorize'] = async ({ projectId }, _callerToken, signal) => {
    if (projectId === null)
      throw new UpstreamFailure({ problem: 'upstream-misconfigured', detail: 'There is no project to log in to.' });
    const { token, secrets } = await this.tokenFor(projectId, signal);
    return {
      headers: { 'x-auth-token': token },
      secrets,
      forget: (reason) => this.forget(projectId, token, reason),
    };
  };

  /** Drops a rejected token, unless another took its place already, or a new one would fare no better. */
  private forget(projectId: string, token: string, reason: Rejection): boolean {
    const last = this.tokens.get(projectId);
    if (last?.token !== token || last.dropped !== null) return true;
    const isYoung = this.now() - last.issuedAt <= YOUNG_MS;
    // Else a cloud that rejects every token would be sent a login with each request.
    if (isYoung && (reason === 'refused' || last.replacesExpired)) return false;
    last.dropped = reason;
    return true;
  }

  private tokenFor(projectId: string, signal: AbortSignal): Promise<ProjectToken> {
    const last = this.tokens.get(projectId);
    if (last !== undefined && last.dropped === null && this.now() < last.expiresAt) {
      // A token close to its end still works: renew it beside this request, which need not wait.
      if (this.now() >= last.renewAt) this.loginOnce(projectId).catch(() => undefined);
      return Promise.resolve(last);
    }
    const rejected = this.rejected.get(projectId);
    if (rejected !== undefined && this.now() < rejected.until) return Promise.reject(rejected.failure);
    return untilAborted(this.loginOnce(projectId), signal);
  }

  /** Shared by everybody who waits; it ends by its own deadline, not with one of them. */
  private async loginOnce(projectId: string): Promise<ProjectToken> {
    return (await this.logins.run(projectId, () => this.logIn(projectId))).value;
  }

  private async logIn(projectId: string): Promise<ProjectToken> {
    try {
      const { token, lifetimeMs } = await this.login({ ...this.account, projectId });
      const now = this.now();
      const early = Math.min(lifetimeMs / 2, Math.max(lifetimeMs / 10, 5 * 60_000));
      const last = this.tokens.get(projectId);
      const next = {
        token,
        secrets: [token, this.account.password, ...(last === undefined ? [] : [last.token])],
        issuedAt: now,
        renewAt: now + lifetimeMs - early,
        expiresAt: now + lifetimeMs,
        replacesExpired: last?.dropped === 'expired',
        dropped: null,
      };
      this.tokens.set(projectId, next);
      this.rejected.delete(projectId);
      return next;
    } catch (error) {
      if (error instanceof UpstreamFailure && error.slug === 'upstream-credentials-rejected')
        this.rejected.set(projectId, { until: this.now() + REJECTED_MS, failure: error });
      throw error;
    }
  }
}
