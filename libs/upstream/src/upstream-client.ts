import { isDeepStrictEqual } from 'node:util';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Deadline } from '@gateway/async';
import type { Provider, TaskAddress } from '@gateway/tasks';
import { attemptMessage, ATTEMPTS, LOOKUPS, traced } from './channels.js';
import type { AttemptMessage } from './channels.js';
import { UnmappedWords } from './errors/classify.js';
import type { Authorization } from './credentials/credentials.js';
import type { KnownFacts } from './credentials/iam-client.js';
import { ownTurn } from './transport/body.js';
import { readReply } from './read-reply.js';
import type { Lookup } from './read-reply.js';
import type { BreakerControl } from './policy/breaker.js';
import type { PolicyCounts, PolicyState, UpstreamPolicy } from './policy/upstream-policy.js';
import type { UnhealthyReason, UnhealthyService } from './service-health.js';
import type { HttpTransport } from './transport/http-transport.js';
import type { RegionSettings, UpstreamConfig } from './upstream-settings.js';
import { UpstreamFailure } from './errors/upstream-failure.js';
import { UpstreamRegion } from './upstream-region.js';
import { withoutSecrets } from './secrets/without-secrets.js';

/** A task to look up, with everything that its path needs. */
export interface LookupTarget {
  readonly provider: Provider;
  readonly address: TaskAddress;
  /** Caller by any name: callers take turns where they have to wait. */
  readonly caller?: string;
  /** Whether nothing is known of the caller yet: its token may be made up. */
  readonly isStranger?: boolean;
  /** End of the whole request, earlier requests to the upstream included, in milliseconds of `performance.now()`. */
  readonly endsAt?: number;
}

const HEADERS = { accept: 'application/json', 'accept-encoding': 'gzip', 'user-agent': 'task-gateway' };

/** Asks clouds about tasks: one deadline, bounded retries, classified failures. */
export class UpstreamClient implements OnApplicationShutdown {
  readonly unmappedWords = new UnmappedWords();
  private regions: ReadonlyMap<string, UpstreamRegion> = new Map();
  /** Not configured any more; what was begun there ends there. */
  private readonly left = new Map<string, UpstreamRegion>();

  constructor(
    private readonly config: UpstreamConfig,
    private readonly transport: HttpTransport,
  ) {
    this.apply(config);
  }

  /** From now on these regions are asked. Those that stay as they were keep their breakers and what they know of tokens. */
  apply(config: UpstreamConfig): void {
    const before = this.regions;
    this.regions = new Map(config.regions.map((settings) => [settings.name, this.regionFor(settings, config)]));
    for (const [name, region] of before) if (!this.regions.has(name)) this.leave(name, region);
  }

  private regionFor(settings: RegionSettings, config: UpstreamConfig): UpstreamRegion {
    const known = this.regions.get(settings.name);
    if (known !== undefined && isDeepStrictEqual(known.config, settings)) {
      known.apply(config);
      return known;
    }
    const region = new UpstreamRegion(settings, config, this.transport, this.unmappedWords);
    if (known !== undefined) region.replace(known);
    return region;
  }

  private leave(name: string, region: UpstreamRegion): void {
    this.left.set(name, region);
    const forget = (): void => {
      if (this.left.get(name) === region) this.left.delete(name);
    };
    // A request is resolved, queues, and is asked: each in less than its whole time.
    setTimeout(forget, 3 * this.config.upstream.requestMs).unref();
  }

  /**
   * Asks about one task.
   * @param callerToken the caller's own cloud token; only regions with pass-through credentials use it
   * @param deadline over everything: queue, login, attempts, pauses and bodies
   * @throws UpstreamFailure for every kind of lookup that fails
   * @throws the reason that the deadline's signal aborted with
   */
  async lookup(target: LookupTarget, callerToken: string | null, deadline: Deadline): Promise<Lookup> {
    const { provider, address } = target;
    try {
      return await traced(
        LOOKUPS,
        () => ({ provider: provider.id, region: address.region }),
        () => this.lookUp(target, callerToken, deadline),
      );
    } catch (error) {
      throw UpstreamFailure.ofProvider(error, provider.id);
    }
  }

  private async lookUp(target: LookupTarget, callerToken: string | null, deadline: Deadline): Promise<Lookup> {
    const { provider, address, caller, isStranger } = target;
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
    const attempt = async ({ headers: added, secrets }: Authorization, told?: AttemptMessage): Promise<Lookup> => {
      const headers = { ...fixed, ...told?.headers, ...added };
      const options = { ...deadline, bodyBytes, attemptMs };
      const sent = await this.transport.send({ method: 'GET', url, headers }, options);
      if (told !== undefined) told.status = sent.status;
      const reply = await withoutSecrets(sent, secrets);
      await ownTurn(reply.body.length);
      deadline.signal.throwIfAborted();
      return readReply({ provider, id: address.id }, reply, mode, this.unmappedWords);
    };
    const place = { provider: provider.id, region: address.region, method: 'GET', origin: url.origin };
    const tell = (authorization: Authorization, attemptNumber: number): Promise<Lookup> =>
      traced(
        ATTEMPTS,
        () => attemptMessage({ ...place, template: provider.path, resends: attemptNumber - 1 }),
        (told) => attempt(authorization, told),
      );
    const run = (authorization: Authorization, retries?: number): Promise<Lookup> =>
      health.watch(
        // A token that may be replaced is no evidence about the credentials.
        ({ retry }) => mode !== 'passthrough' && (retries !== undefined || retry !== 'new-token'),
        () =>
          policy.run((attemptNumber) => tell(authorization, attemptNumber), {
            task: url.href,
            deadline,
            caller,
            isStranger,
            retries,
          }),
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

  /** @param service id of a provider, or `iam` */
  state(service: string, region: string): PolicyState {
    return this.policy(service, region).state();
  }

  /** @param service id of a provider, or `iam` */
  counts(service: string, region: string): PolicyCounts {
    return this.policy(service, region).counts();
  }

  /** Who decides whether the breaker is open. @param service id of a provider, or `iam` */
  breakerControl(service: string, region: string): BreakerControl {
    return this.policy(service, region).breakerControl;
  }

  /** Opens or closes a breaker in this process until told otherwise. @param service id of a provider, or `iam` */
  controlBreaker(service: string, region: string, wanted: BreakerControl): void {
    this.policy(service, region).breakerControl = wanted;
  }

  private policy(service: string, region: string): UpstreamPolicy {
    return this.region(region).service(service).policy;
  }

  /** Runs after the HTTP server has closed: requests in flight still need their connections. */
  onApplicationShutdown(): Promise<void> {
    return this.transport.close();
  }

  private region(name: string): UpstreamRegion {
    const region = this.regions.get(name) ?? this.left.get(name);
    if (region === undefined) throw new Error(`region ${name} is not configured`);
    return region;
  }
}
