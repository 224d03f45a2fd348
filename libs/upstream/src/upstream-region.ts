import { hostLabel } from '@gateway/tasks';
import type { Provider, TaskAddress } from '@gateway/tasks';
import {
  keyCredentials,
  passthroughCredentials,
  PasswordCredentials,
  tokenCredentials,
} from './credentials/credentials.js';
import type { Credentials, Login } from './credentials/credentials.js';
import { IamClient, KnownTokens } from './credentials/iam-client.js';
import { UpstreamPolicy } from './policy/upstream-policy.js';
import { ServiceHealth } from './service-health.js';
import type { UnhealthyReason, UnhealthyService } from './service-health.js';
import type { HttpTransport } from './transport/http-transport.js';
import type { UnmappedWords } from './errors/classify.js';
import { UpstreamFailure } from './errors/upstream-failure.js';
import { cloudOf } from './upstream-settings.js';
import type { ProviderSettings, RegionSettings, UpstreamConfig } from './upstream-settings.js';

/** What stands before one service of the region. */
interface Service {
  readonly policy: UpstreamPolicy;
  readonly health: ServiceHealth;
}

/** One region of a cloud: its addresses, its credentials, and a policy before each of its services. */
export class UpstreamRegion {
  readonly credentials: Credentials;
  /** Null without an identity service. */
  readonly knownTokens: KnownTokens | null;
  private readonly services = new Map<string, Service>();
  private readonly endpoints = new Map<string, URL>();

  constructor(
    readonly config: RegionSettings,
    private all: UpstreamConfig,
    transport: HttpTransport,
    unmappedWords: UnmappedWords,
  ) {
    const { policy, health } = this.service('iam');
    const noteCode = (code: string): void => unmappedWords.note('iam', 'error code', code);
    const iam =
      config.iam === undefined
        ? null
        : new IamClient(config.iam, transport, policy, all.upstream, noteCode, config.name);
    // A refused token is a matter of its caller, not of the gateway's credentials.
    const inspect = (client: IamClient, token: string) =>
      health.watch(
        () => false,
        () => client.inspect(token),
      );
    this.knownTokens = iam && new KnownTokens((token) => inspect(iam, token));
    this.credentials = this.createCredentials(iam);
  }

  /** What operators have decided about the breakers of the region that this one replaces holds on. */
  replace(former: UpstreamRegion): void {
    for (const [id, { policy }] of former.services) this.service(id).policy.breakerControl = policy.breakerControl;
  }

  /** The region stays as it was; what its providers are may have changed. */
  apply(all: UpstreamConfig): void {
    this.all = all;
    this.endpoints.clear();
  }

  /** Whether the region's cloud has the service. */
  has(provider: Provider): boolean {
    return hostLabel(provider, cloudOf(this.config)) !== null;
  }

  /** The address of a task. @throws UpstreamFailure where there can be none */
  urlOf(provider: Provider, { projectId, instanceId, id }: TaskAddress): URL {
    return requestUrl(this.endpoint(provider), provider.path, { projectId, instanceId, id });
  }

  private endpoint(provider: Provider): URL {
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

  /** @param id of a provider, or `iam` */
  service(id: string): Service {
    let service = this.services.get(id);
    if (service === undefined) {
      const policy = new UpstreamPolicy(this.all.upstream);
      const health = new ServiceHealth(`${id} in ${this.config.name}`, () => policy.state().breaker);
      this.services.set(id, (service = { policy, health }));
    }
    return service;
  }

  /** What keeps a provider from being asked: its own state, or that of the gateway's login. */
  unhealthyReason(provider: string): UnhealthyReason | null {
    const login = this.config.credentials.mode === 'password' ? this.service('iam').health.unhealthyReason : null;
    return this.service(provider).health.unhealthyReason ?? login;
  }

  /** By name. */
  unhealthyServices(): readonly UnhealthyService[] {
    return [...this.services]
      .flatMap(([service, { health }]) => {
        const reason = health.unhealthyReason;
        return reason === null ? [] : [{ service, region: this.config.name, reason }];
      })
      .toSorted((one, other) => (one.service < other.service ? -1 : 1));
  }

  private createCredentials(iam: IamClient | null): Credentials {
    const { credentials, name } = this.config;
    switch (credentials.mode) {
      case 'passthrough':
        return passthroughCredentials(cloudOf(this.config));
      case 'token':
        return tokenCredentials(cloudOf(this.config), credentials.token);
      case 'aksk':
        return keyCredentials(credentials);
      case 'password':
        if (iam === null) throw new Error(`region ${name} logs in with a password and has no iam address`);
        return new PasswordCredentials(credentials, this.loginAt(iam));
    }
  }

  /** Callers choose projects: one that is refused is no evidence about an account that gets into others. */
  private loginAt(iam: IamClient): Login {
    const entered = new Set<string>();
    return async (scope) => {
      const isOurs = entered.size === 0 || entered.has(scope.projectId);
      const issued = await this.service('iam').health.watch(
        () => isOurs,
        () => iam.login(scope),
      );
      entered.add(scope.projectId);
      return issued;
    };
  }
}

/** Fills a base URL's `{service}`. The label comes from a provider's description, never from a request. */
export function serviceUrl(template: string, service: string): URL {
  return new URL(template.replaceAll('{service}', service));
}

/**
 * Builds the address of one task below the base URL: each `{member}` of the path becomes one percent-encoded segment, each
 * one of its query one percent-encoded value; `{+member}` becomes a segment for each part between its slashes.
 * @throws UpstreamFailure when a value or a part is missing, or when the address would leave the base URL
 */
export function requestUrl(base: URL, path: string, values: Readonly<Record<string, string | null>>): URL {
  const filled = path.replace(/\{(\+?)(\w+)\}/g, (_match, plus: string, member: string) => {
    const value = values[member] ?? '';
    const parts = plus === '' ? [value] : value.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..')) throw outside();
    return parts.map(encode).join('/');
  });
  const address = base.pathname.replace(/\/+$/, '') + filled;
  const url = new URL(address, base.origin);
  if (url.origin !== base.origin || url.pathname + url.search !== address || url.hash !== '') throw outside();
  return url;
}

/** `encodeURIComponent` leaves a quote bare, which a URL escapes in its query. */
function encode(value: string): string {
  return encodeURIComponent(value).replaceAll("'", '%27');
}

function outside(): UpstreamFailure {
  return new UpstreamFailure({
    problem: 'validation-failed',
    detail: 'The request cannot be put into an upstream address.',
  });
}
