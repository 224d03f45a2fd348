import type { OnApplicationShutdown } from '@nestjs/common';
import type { Deadline } from '@gateway/async';
import { readAnswer } from '@gateway/tasks';
import type { Provider, NormalizeResult, TaskAddress } from '@gateway/tasks';
import { classify, failureOfReply, UnmappedWords } from './errors/classify.js';
import type { UpstreamReply } from './errors/classify.js';
import type { Authorization } from './credentials/credentials.js';
import type { KnownFacts } from './credentials/iam-client.js';
import { ownTurn, readJsonBody } from './transport/body.js';
import { isErrorBody, readRequestId } from './errors/error-body.js';
import type { PolicyState } from './policy/upstream-policy.js';
import type { UnhealthyReason, UnhealthyService } from './service-health.js';
import type { HttpTransport } from './transport/http-transport.js';
import type { TransportReply } from './transport/exchange.js';
import type { CredentialsSettings, UpstreamConfig } from './upstream-settings.js';
import { UpstreamFailure } from './errors/upstream-failure.js';
import { UpstreamRegion } from './upstream-region.js';
import { withoutSecrets } from './secrets/without-secrets.js';

/** A task to look up, with everything that its path needs. */
export interface LookupTarget {
  readonly provider: Provider;
  readonly address: TaskAddress;
  /** Caller by any name: callers take turns where they have to wait. */
  readonly caller?: string;
  /** End of the whole request, earlier requests to the upstream included, in milliseconds of `performance.now()`. */
  readonly endsAt?: number;
}

export interface Lookup {
  readonly reading: Extract<NormalizeResult, { kind: 'task' }>;
  /** When the answer had arrived. */
  readonly observedAt: Date;
}

type CredentialsMode = CredentialsSettings['mode'];

const HEADERS = { accept: 'application/json', 'accept-encoding': 'gzip', 'user-agent': 'task-gateway' };

/** Asks clouds about tasks: one deadline, bounded retries, classified failures. */
export class UpstreamClient implements OnApplicationShutdown {
  readonly unmappedWords = new UnmappedWords();
  private readonly regions: ReadonlyMap<string, UpstreamRegion>;

  constructor(
    private readonly config: UpstreamConfig,
    private readonly transport: HttpTransport,
  ) {
    this.regions = new Map(
      config.regions.map((region) => [region.name, new UpstreamRegion(region, config, transport, this.unmappedWords)]),
    );
  }

  /**
   * Asks about one task.
   * @param callerToken the caller's own cloud token; only regions with pass-through credentials use it
   * @param deadline over everything: queue, login, attempts, pauses and bodies
   * @throws UpstreamFailure for every kind of lookup that fails
   * @throws the reason that the deadline's signal aborted with
   */
  async lookup(target: LookupTarget, callerToken: string | null, deadline: Deadline): Promise<Lookup> {
    try {
      return await this.lookUp(target, callerToken, deadline);
    } catch (error) {
      throw UpstreamFailure.ofProvider(error, target.provider.id);
    }
  }

  private async lookUp(target: LookupTarget, callerToken: string | null, deadline: Deadline): Promise<Lookup> {
    const { provider, address, caller } = target;
    const region = this.region(address.region);
    const { policy, health } = region.service(provider.id);
    const url = region.urlOf(provider, address);
    const fixed = { ...HEADERS, ...provider.headers };
    const request = { method: 'GET' as const, url, headers: fixed, projectId: address.projectId };
    const bodyBytes = region.bodyBytes(provider);
    const { attemptMs } = this.config.upstream;
    const { mode } = region.config.credentials;
    // Outside the policy: an identity service that fails is not held against this one.
    const authorize = () => region.credentials.authorize(request, callerToken, deadline.signal);
    const attempt = async ({ headers: added, secrets }: Authorization): Promise<Lookup> => {
      const headers = { ...fixed, ...added };
      const options = { ...deadline, bodyBytes, attemptMs };
      const reply = await withoutSecrets(await this.transport.send({ method: 'GET', url, headers }, options), secrets);
      await ownTurn(reply.body.length);
      deadline.signal.throwIfAborted();
      return this.read(target, reply, mode);
    };
    const run = (authorization: Authorization, retries?: number): Promise<Lookup> =>
      health.watch(
        // A token that may be replaced is no evidence about the credentials.
        ({ retry }) => mode !== 'passthrough' && (retries !== undefined || retry !== 'new-token'),
        () => policy.run(() => attempt(authorization), { task: url.href, deadline, caller, retries }),
      );
    const authorization = await authorize();
    try {
      return await run(authorization);
    } catch (error) {
      if (!(error instanceof UpstreamFailure) || error.slug !== 'upstream-credentials-rejected') throw error;
      const expired = error.retry === 'new-token';
      const replaceable = authorization.forget(expired ? 'expired' : 'refused');
      if (!expired || !replaceable) throw error;
      // One retry with the new token, whatever comes of it.
      return run(await authorize(), 0);
    }
  }

  /**
   * Project and end of a caller's token, by its cloud; null without an identity service. A failure names the provider of
   * the caller's request.
   * @param maxAgeMs oldest answer of the cloud that still counts, in milliseconds; any if left out
   * @throws UpstreamFailure
   */
  async tokenFacts(
    { provider, region }: Pick<TaskAddress, 'provider' | 'region'>,
    token: string,
    signal: AbortSignal,
    maxAgeMs?: number,
  ): Promise<KnownFacts | null> {
    try {
      return (await this.region(region).knownTokens?.factsOf(token, signal, maxAgeMs)) ?? null;
    } catch (error) {
      throw UpstreamFailure.ofProvider(error, provider);
    }
  }

  /** Drops what is known of the token: the next lookup goes to the cloud, also while an earlier one is under way. */
  forgetToken(region: string, token: string): void {
    this.region(region).knownTokens?.forget(token);
  }

  /** Whether callers of this region bring their own tokens. */
  isPassthrough(region: string): boolean {
    return this.region(region).config.credentials.mode === 'passthrough';
  }

  /** Whether the cloud can inspect a caller's token. */
  inspectsTokens(region: string): boolean {
    return this.region(region).config.iam !== undefined;
  }

  /** Regions that are configured, or those of them whose cloud has the provider. */
  regionNames(provider?: Provider): readonly string[] {
    const regions = [...this.regions];
    return regions.filter(([, region]) => provider === undefined || region.has(provider)).map(([name]) => name);
  }

  /** What keeps a provider from being asked in a region, the gateway's login there included; null where nothing does. */
  unhealthyReason(provider: string, region: string): UnhealthyReason | null {
    return this.region(region).unhealthyReason(provider);
  }

  /** Unhealthy services, each once: providers and, as `iam`, identity services. */
  unhealthyServices(): readonly UnhealthyService[] {
    return [...this.regions.values()].flatMap((region) => region.unhealthyServices());
  }

  state(provider: string, region: string): PolicyState {
    return this.region(region).service(provider).policy.state();
  }

  /** Runs after the HTTP server has closed: requests in flight still need their connections. */
  onApplicationShutdown(): Promise<void> {
    return this.transport.close();
  }

  private region(name: string): UpstreamRegion {
    const region = this.regions.get(name);
    if (region === undefined) throw new Error(`region ${name} is not configured`);
    return region;
  }

  private read({ provider, address: { id } }: LookupTarget, reply: TransportReply, mode: CredentialsMode): Lookup {
    const { body, text, contentType, tooDeep = false } = readJsonBody(reply);
    const isSuccess = reply.status >= 200 && reply.status <= 299;
    const reading = isSuccess && body !== undefined ? readAnswer(provider, body, id) : undefined;
    // A task that failed may have all members of an error body: what reads as the task that was asked for is none.
    const isTask = reading?.kind === 'task' && reading.task.upstreamStatus !== '';
    if (!isSuccess || (!isTask && isErrorBody(body, provider.statuses)))
      throw this.failureOf(provider, { ...reply, body, text, contentType }, mode);
    if (reading?.kind !== 'task') throw unusable(tooDeep ? 'too-deep' : (reading?.kind ?? 'no-json'), reply);
    if (reading.task.status === 'unknown')
      this.unmappedWords.note(provider.id, 'status word', reading.task.upstreamStatus);
    return { reading, observedAt: new Date() };
  }

  private failureOf(provider: Provider, reply: UpstreamReply, mode: CredentialsMode): UpstreamFailure {
    const { errors, missingIs404, rateLimit } = provider;
    const verdict = classify(reply, errors, missingIs404, rateLimit);
    const { problem, rule, code, message, known } = verdict;
    if (code !== null && !known) this.unmappedWords.note(provider.id, 'error code', code);
    // Five refused signatures lock a key, whatever the reason that came with them.
    const isRefusedKey = mode === 'aksk' && reply.status === 401;
    const more = {
      ownToken: mode === 'passthrough',
      detail: [rule?.cause, message].filter(Boolean).join(' ') || `The upstream answered with status ${reply.status}.`,
      // An unknown code on a 4xx, or an error in a 200, is a matter of the request, not of the upstream's health.
      ...(reply.status < 500 && problem === 'upstream-error' ? { countsAsFailure: false } : {}),
    };
    return failureOfReply(reply, isRefusedKey ? { ...verdict, retry: 'never' } : verdict, more, rateLimit);
  }
}

const UNUSABLE = {
  'not-found': ['task-not-found', 'The upstream has no task of this id.'],
  'no-json': ['upstream-bad-response', 'The upstream did not answer with JSON.'],
  'too-deep': ['upstream-bad-response', 'The upstream answered with JSON that is nested too deeply.'],
  'another-task': ['upstream-bad-response', 'The upstream answered about another task.'],
  unrecognized: ['upstream-bad-response', 'The upstream answered with JSON in no known form.'],
} as const;

function unusable(kind: keyof typeof UNUSABLE, { status, headers }: TransportReply): UpstreamFailure {
  const [problem, detail] = UNUSABLE[kind];
  const upstream = { status, code: null, requestId: readRequestId(headers) };
  // A document that cannot be used is this task's matter; no document at all is the upstream's.
  return new UpstreamFailure({ problem, detail, upstream, countsAsFailure: kind === 'no-json' });
}
