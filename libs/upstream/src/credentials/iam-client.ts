import { createHash } from 'node:crypto';
import { withDeadline } from '@gateway/async';
import { asObject, asText, isObject, parseTime } from '@gateway/tasks';
import { classifyLogin, failureOfReply } from '../errors/classify.js';
import type { UpstreamReply, Verdict } from '../errors/classify.js';
import { readJsonBody } from '../transport/body.js';
import { UpstreamFailure, upstreamTimeout } from '../errors/upstream-failure.js';
import { withoutSecrets } from '../secrets/without-secrets.js';
import type { UpstreamSettings } from '../upstream-settings.js';
import type { UpstreamPolicy } from '../policy/upstream-policy.js';
import type { HttpTransport } from '../transport/http-transport.js';
import type { TransportReply, TransportRequest } from '../transport/exchange.js';

/** A token and how long it lives. */
export interface IssuedToken {
  readonly token: string;
  readonly lifetimeMs: number;
}

/** What the cloud says about somebody's token. */
export interface TokenFacts {
  readonly projectId: string | null;
  readonly lifetimeMs: number;
}

export interface LoginScope {
  readonly domain: string;
  readonly user: string;
  readonly password: string;
  readonly projectId: string;
}

const MAX_BODY_BYTES = 2 * 1024 * 1024;
const HEADERS = {
  accept: 'application/json',
  'content-type': 'application/json;charset=utf8',
  'user-agent': 'task-gateway',
};

/** The identity service of one region (Keystone v3 tokens). */
export class IamClient {
  private readonly url: URL;

  constructor(
    baseUrl: string,
    private readonly transport: HttpTransport,
    private readonly policy: UpstreamPolicy,
    private readonly settings: UpstreamSettings,
    private readonly onUnknownCode: (code: string) => void = () => undefined,
  ) {
    this.url = new URL(`${baseUrl.replace(/\/+$/, '')}/v3/auth/tokens?nocatalog=true`);
  }

  /** Logs in with a password, scoped to a project. @throws UpstreamFailure */
  login({ domain, user, password, projectId }: LoginScope): Promise<IssuedToken> {
    const identity = { methods: ['password'], password: { user: { name: user, password, domain: { name: domain } } } };
    const body = JSON.stringify({ auth: { identity, scope: { project: { id: projectId } } } });
    const request: TransportRequest = { method: 'POST', url: this.url, headers: HEADERS, body };
    // A login is a POST, and a failed one may count against the account: only one that never arrived is retried.
    const classifyOnce = (reply: UpstreamReply): Verdict => ({ ...classifyLogin(reply), retry: 'never' });
    const task = JSON.stringify([domain, user, projectId]);
    return this.ask(task, request, 201, classifyOnce, [password], (reply, facts) => {
      const token = reply.headers['x-subject-token'];
      return token === undefined || token === '' ? null : { token, lifetimeMs: facts.lifetimeMs };
    });
  }

  /** Asks about a token with the token itself. @throws UpstreamFailure */
  inspect(token: string): Promise<TokenFacts> {
    const headers = { ...HEADERS, 'x-auth-token': token, 'x-subject-token': token };
    return this.ask(
      // Not the token: what is remembered of failures holds no secret.
      createHash('sha256').update(token).digest('base64'),
      { method: 'GET', url: this.url, headers },
      200,
      classifyInspection,
      [token],
      // What is left of its life, by the cloud's own clock.
      ({ headers: { date } }, { projectId, expiresAt, lifetimeMs }) => ({
        projectId,
        lifetimeMs: expiresAt === null ? lifetimeMs : Math.max(0, expiresAt - (Date.parse(date ?? '') || Date.now())),
      }),
    );
  }

  private ask<T>(
    task: string,
    request: TransportRequest,
    success: number,
    classifyError: (reply: UpstreamReply) => Verdict,
    secrets: readonly string[],
    read: (reply: TransportReply, facts: TokenLife) => T | null,
  ): Promise<T> {
    const { requestMs, attemptMs } = this.settings;
    // A deadline of its own: its answer is for everybody who waits, whoever asked first.
    return withDeadline(requestMs, {}, upstreamTimeout, (deadline) =>
      this.policy.run(
        async () => {
          const reply = await this.transport.send(request, { ...deadline, bodyBytes: MAX_BODY_BYTES, attemptMs });
          if (reply.status !== success) {
            const safe = await withoutSecrets(reply, secrets);
            const parsed = { ...safe, ...readJsonBody(safe) };
            const verdict = classifyError(parsed);
            if (verdict.code !== null && !verdict.known) this.onUnknownCode(verdict.code);
            // The identity service's own text may repeat user names.
            const detail = verdict.rule?.cause ?? 'The identity service refused.';
            throw failureOfReply(parsed, verdict, { detail, ownToken: request.method === 'GET' });
          }
          const result = read(reply, tokenFacts(readJsonBody(reply).body));
          if (result === null)
            throw new UpstreamFailure({
              problem: 'upstream-bad-response',
              detail: 'The identity service issued no token.',
            });
          return result;
        },
        { task, deadline },
      ),
    );
  }
}

/** A token that cannot be asked about is no good, whichever of its two roles the service refuses it in. */
function classifyInspection(reply: UpstreamReply): Verdict {
  const verdict = classifyLogin(reply);
  if (![400, 401, 403, 404].includes(reply.status)) return verdict;
  return { ...verdict, problem: 'upstream-credentials-rejected', retry: 'never', rule: null };
}

const FALLBACK_LIFETIME_MS = 5 * 60_000;

interface TokenLife extends TokenFacts {
  /** Epoch milliseconds of the cloud. */
  readonly expiresAt: number | null;
}

function tokenFacts(body: unknown): TokenLife {
  const token = asObject(isObject(body) ? body['token'] : null);
  const expires = parseTime(token['expires_at'], ['iso']);
  const issued = parseTime(token['issued_at'], ['iso']);
  // Measured between the cloud's own times: its clock and ours need not agree.
  const lifetimeMs =
    expires === null ? FALLBACK_LIFETIME_MS : Date.parse(expires) - (issued === null ? Date.now() : Date.parse(issued));
  const expiresAt = expires === null ? null : Date.parse(expires);
  return { projectId: asText(asObject(token['project'])['id']), lifetimeMs: Math.max(0, lifetimeMs), expiresAt };
}
