import { hostLabel } from '@gateway/tasks';
import type { Provider } from '@gateway/tasks';
import { keyCredentials, passthroughCredentials, PasswordCredentials } from './credentials/credentials.js';
import type { Credentials } from './credentials/credentials.js';
import { IamClient, KnownTokens } from './credentials/iam-client.js';
import type { IssuedToken, LoginScope, KnownFacts } from './credentials/iam-client.js';
import { serviceUrl } from './request-url.js';
import { UpstreamPolicy } from './policy/upstream-policy.js';
import { ServiceHealth } from './service-health.js';
import type { UnhealthyReason } from './service-health.js';
import type { HttpTransport } from './transport/http-transport.js';
import type { UnmappedWords } from './errors/classify.js';
import { cloudOf } from './upstream-settings.js';
import type { ProviderSettings, RegionSettings, UpstreamConfig } from './upstream-settings.js';

/** A caller's token is the caller's. */
const NEVER = (): boolean => false;

/** One region of a cloud: its addresses, its credentials, and a policy before each of its services. */
export class UpstreamRegion {
  readonly credentials: Credentials;
  private readonly iam: IamClient | null;
  private readonly knownTokens: KnownTokens | null;
  private readonly policies = new Map<string, UpstreamPolicy>();
  /** Where the account has got in. */
  private readonly projects = new Set<string>();
  private readonly healths = new Map<string, ServiceHealth>();
  private readonly endpoints = new Map<string, URL>();

  constructor(
    readonly config: RegionSettings,
    private readonly all: UpstreamConfig,
    transport: HttpTransport,
    unmappedWords: UnmappedWords,
  ) {
    const noteCode = (code: string): void => unmappedWords.note('iam', 'error code', code);
    const iam =
      config.iam === undefined
        ? null
        : new IamClient(config.iam, transport, this.policy('iam'), all.upstream, noteCode);
    this.iam = iam;
    this.knownTokens =
      iam === null ? null : new KnownTokens((token) => this.health('iam').watch(NEVER, () => iam.inspect(token)));
    this.credentials = this.createCredentials();
  }

  /** Whether the region's cloud has the service. */
  has(provider: Provider): boolean {
    return hostLabel(provider, cloudOf(this.config)) !== null;
  }

  endpoint(provider: Provider): URL {
    let url = this.endpoints.get(provider.id);
    if (url === undefined) {
      const own = this.settingsOf(provider)?.endpoints.find(({ region }) => region === this.config.name);
      const label = hostLabel(provider, cloudOf(this.config));
      if (label === null) throw new Error(`region ${this.config.name} is of a cloud without ${provider.id}`);
      url = serviceUrl(own?.url ?? this.config.endpoint, label);
      this.endpoints.set(provider.id, url);
    }
    return url;
  }

  /** Bytes of the largest body that is read. */
  bodyBytes(provider: Provider): number {
    return this.settingsOf(provider)?.maxBodyBytes ?? provider.limits.bodyBytes;
  }

  private settingsOf({ id }: Provider): ProviderSettings | undefined {
    return this.all.providers.find((settings) => settings.id === id);
  }

  policy(service: string): UpstreamPolicy {
    let policy = this.policies.get(service);
    if (policy === undefined) this.policies.set(service, (policy = new UpstreamPolicy(this.all.upstream)));
    return policy;
  }

  /** @param service id of a provider, or `iam` */
  health(service: string): ServiceHealth {
    let health = this.healths.get(service);
    if (health === undefined) {
      const policy = this.policy(service);
      health = new ServiceHealth(`${service} in ${this.config.name}`, () => policy.state().breaker);
      this.healths.set(service, health);
    }
    return health;
  }

  /** What keeps a provider from being asked: its own state, or that of the gateway's login. */
  unhealthyReason(provider: string): UnhealthyReason | null {
    const login = this.config.credentials.mode === 'password' ? this.health('iam').unhealthyReason : null;
    return this.health(provider).unhealthyReason ?? login;
  }

  /** Unhealthy services by name; one that nobody has asked yet is not among them. */
  unhealthyServices(): readonly { readonly service: string; readonly reason: UnhealthyReason }[] {
    return [...this.healths]
      .flatMap(([service, { unhealthyReason: reason }]) => (reason === null ? [] : [{ service, reason }]))
      .toSorted((one, other) => (one.service < other.service ? -1 : 1));
  }

  /** Null where there is no identity service to ask. @throws UpstreamFailure */
  async tokenFacts(token: string, signal: AbortSignal, maxAgeMs?: number): Promise<KnownFacts | null> {
    return this.knownTokens === null ? null : this.knownTokens.factsOf(token, signal, maxAgeMs);
  }

  /** Drops what is known of the token: the next lookup asks the cloud, also where an earlier one is under way. */
  forgetToken(token: string): void {
    this.knownTokens?.forget(token);
  }

  private createCredentials(): Credentials {
    const { credentials } = this.config;
    switch (credentials.mode) {
      case 'passthrough':
        return passthroughCredentials;
      case 'aksk':
        return keyCredentials(credentials);
      case 'password': {
        const { iam } = this;
        if (iam === null) throw new Error(`region ${this.config.name} logs in with a password and has no iam address`);
        return new PasswordCredentials(credentials, (scope) => this.logIn(iam, scope));
      }
    }
  }

  /** Callers choose projects: that one of them is refused says nothing while the account gets into others. */
  private async logIn(iam: IamClient, scope: LoginScope): Promise<IssuedToken> {
    const isOurs = this.projects.size === 0 || this.projects.has(scope.projectId);
    const issued = await this.health('iam').watch(
      () => isOurs,
      () => iam.login(scope),
    );
    this.projects.add(scope.projectId);
    return issued;
  }
}
