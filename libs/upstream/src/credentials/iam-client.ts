import { createHash, createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { monotonicClock, SingleFlight, untilAborted, withDeadline } from '@gateway/async';
import type { Clock, Deadline } from '@gateway/async';
import { asObject, asText, parseTime } from '@gateway/tasks';
import { attemptMessage, ATTEMPTS, traced } from '../channels.js';
import type { AttemptMessage } from '../channels.js';
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

/** What the cloud knows of a caller's token. */
export interface TokenFacts {
  readonly projectId: string | null;
  readonly lifetimeMs: number;
}

/** The cloud's answer about a token, and its age. */
export interface KnownFacts extends TokenFacts {
  /** Milliseconds since the request to the cloud. */
  readonly ageMs: number;
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
    private readonly region = '',
  ) {
    this.url = new URL(`${baseUrl.replace(/\/+$/, '')}/v3/auth/tokens?nocatalog=true`);
  }

  /** Logs in with a password, scoped to a project. @throws UpstreamFailure */
  async login({ domain, user, password, projectId }: LoginScope): Promise<IssuedToken> {
    const identity = { methods: ['password'], password: { user: { name: user, password, domain: { name: domain } } } };
    const body = JSON.stringify({ auth: { identity, scope: { project: { id: projectId } } } });
    const request: TransportRequest = { method: 'POST', url: this.url, headers: HEADERS, body };
    // A login is a POST, and a failed one may count against the account: only one that never arrived is retried.
    const classifyOnce = (reply: UpstreamReply): Verdict => ({ ...classifyLogin(reply), retry: 'never' });
    const task = JSON.stringify([domain, user, projectId]);
    const reply = await this.send(task, request, [password], classifyOnce);
    const token = reply.headers['x-subject-token'] ?? '';
    if (token !== '') return { token, lifetimeMs: lifeOf(reply).lifetimeMs };
    throw new UpstreamFailure({ problem: 'upstream-bad-response', detail: 'The identity service issued no token.' });
  }

  /** Asks about a token with the token itself. @throws UpstreamFailure */
  async inspect(token: string): Promise<TokenFacts> {
    const headers = { ...HEADERS, 'x-auth-token': token, 'x-subject-token': token };
    // Not the token: what is remembered of failures holds no secret.
    const task = createHash('sha256').update(token).digest('base64');
    const reply = await this.send(task, { method: 'GET', url: this.url, headers }, [token], classifyInspection);
    const { projectId, expiresAt, lifetimeMs } = lifeOf(reply);
    if (expiresAt === null) return { projectId, lifetimeMs };
    // What is left of its life, by the cloud's own clock.
    const now = Date.parse(reply.headers['date'] ?? '') || Date.now();
    return { projectId, lifetimeMs: Math.max(0, expiresAt - now) };
  }

  private send(
    task: string,
    request: TransportRequest,
    secrets: readonly string[],
    classifyError: (reply: UpstreamReply) => Verdict,
  ): Promise<TransportReply> {
    const { requestMs, attemptMs } = this.settings;
    const success = request.method === 'POST' ? 201 : 200;
    const attempt = async (deadline: Deadline, told?: AttemptMessage): Promise<TransportReply> => {
      const headers = { ...request.headers, ...told?.headers };
      const limits = { bodyBytes: MAX_BODY_BYTES, attemptMs };
      const reply = await this.transport.send({ ...request, headers }, { ...deadline, ...limits });
      if (told !== undefined) told.status = reply.status;
      if (reply.status === success) return reply;
      const safe = await withoutSecrets(reply, secrets);
      const parsed = { ...safe, ...readJsonBody(safe) };
      const verdict = classifyError(parsed);
      if (verdict.code !== null && !verdict.known) this.onUnknownCode(verdict.code);
      // The identity service's own text may repeat user names.
      const detail = verdict.rule?.cause ?? 'The identity service refused.';
      throw failureOfReply(parsed, verdict, { detail, ownToken: request.method === 'GET' });
    };
    // A deadline of its own: the answer is for all who wait, not for the first.
    return withDeadline(requestMs, {}, upstreamTimeout, (deadline) =>
      this.policy.run(
        (attemptNumber) =>
          traced(
            ATTEMPTS,
            () => this.message(request.method, attemptNumber - 1),
            (told) => attempt(deadline, told),
          ),
        { task, deadline },
      ),
    );
  }

  private message(method: string, resends: number): AttemptMessage {
    const { origin, pathname } = this.url;
    return attemptMessage({ provider: 'iam', region: this.region, method, origin, template: pathname, resends });
  }
}

/** A token that cannot be inspected is no good, whichever of its two roles the service refuses it in. */
function classifyInspection(reply: UpstreamReply): Verdict {
  const verdict = classifyLogin(reply);
  if (![400, 401, 403, 404].includes(reply.status)) return verdict;
  return { ...verdict, problem: 'upstream-credentials-rejected', retry: 'never', rule: null };
}

const FALLBACK_LIFETIME_MS = 5 * 60_000;

/** `expiresAt` is in epoch milliseconds of the cloud. */
function lifeOf(reply: TransportReply): TokenFacts & { readonly expiresAt: number | null } {
  const { body } = readJsonBody(reply);
  const token = asObject(asObject(body)['token']);
  const epoch = (member: string): number | null => {
    const time = parseTime(token[member], ['iso']);
    return time === null ? null : Date.parse(time);
  };
  const expiresAt = epoch('expires_at');
  // Measured between the cloud's own times: its clock and ours need not agree.
  const lifetimeMs = expiresAt === null ? FALLBACK_LIFETIME_MS : expiresAt - (epoch('issued_at') ?? Date.now());
  return { projectId: asText(asObject(token['project'])['id']), lifetimeMs: Math.max(0, lifetimeMs), expiresAt };
}

const REMEMBERED_MS = 5 * 60_000;

interface Remembered {
  readonly projectId: string | null;
  /** By the clock that is given. */
  readonly endsAt: number;
  readonly askedAt: number;
}

/**
 * Remembers what the cloud knows of callers' tokens, their project and their end: until the token ends, at most five
 * minutes. Tokens themselves are not kept.
 */
export class KnownTokens {
  private readonly key = randomBytes(32);
  private readonly inspections = new SingleFlight<KnownFacts>();
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
  async factsOf(token: string, signal: AbortSignal, maxAgeMs = Number.POSITIVE_INFINITY): Promise<KnownFacts> {
    const name = this.nameOf(token);
    const known = this.known.get(name);
    if (known !== undefined && this.now() - known.askedAt < maxAgeMs) return this.factsFrom(known);
    // Shared by all who come with this very token; it ends by its own deadline, not with one of them.
    const inspection = this.inspections.run(name, (dropped) => this.fetch(name, token, dropped));
    return (await untilAborted(inspection, signal)).value;
  }

  /** Drops what is known of the token, and what an earlier request is about to bring. */
  forget(token: string): void {
    const name = this.nameOf(token);
    this.known.delete(name);
    this.inspections.drop(name);
  }

  private async fetch(name: string, token: string, dropped: AbortSignal): Promise<KnownFacts> {
    const askedAt = this.now();
    const { projectId, lifetimeMs } = await this.inspect(token);
    const fetched = { projectId, endsAt: this.now() + lifetimeMs, askedAt };
    if (lifetimeMs > 0 && !dropped.aborted) this.known.set(name, fetched, { ttl: Math.min(lifetimeMs, REMEMBERED_MS) });
    return this.factsFrom(fetched);
  }

  private factsFrom({ projectId, endsAt, askedAt }: Remembered): KnownFacts {
    return { projectId, lifetimeMs: endsAt - this.now(), ageMs: this.now() - askedAt };
  }

  private nameOf(token: string): string {
    return createHmac('sha256', this.key).update(token).digest('base64url');
  }
}
