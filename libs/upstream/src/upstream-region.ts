import type { Provider } from '@gateway/tasks';
import type { Credentials } from './credentials/credentials.js';
import { IamClient } from './credentials/iam-client.js';
import { keyCredentials } from './credentials/key-credentials.js';
import { passthroughCredentials } from './credentials/passthrough-credentials.js';
import { PasswordCredentials } from './credentials/password-credentials.js';
import { KnownTokens } from './credentials/known-tokens.js';
import type { KnownFacts } from './credentials/known-tokens.js';
import { serviceUrl } from './request-url.js';
import { UpstreamGuard } from './resilience/guard.js';
import type { HttpTransport } from './transport/http-transport.js';
import type { Surprises } from './surprises.js';
import type { RegionConfig, UpstreamConfig } from './upstream-config.js';

/** One region of a cloud: its addresses, its credentials, and a guard before each of its services. */
export class UpstreamRegion {
  readonly credentials: Credentials;
  private readonly iam: IamClient | null;
  private readonly knownTokens: KnownTokens | null;
  private readonly guards = new Map<string, UpstreamGuard>();
  private readonly endpoints = new Map<string, URL>();

  constructor(
    readonly config: RegionConfig,
    private readonly upstream: UpstreamConfig,
    transport: HttpTransport,
    surprises: Surprises,
  ) {
    const { settings } = upstream;
    const noteCode = (code: string): void => surprises.note('iam', 'error code', code);
    const iam =
      config.iam === null ? null : new IamClient(config.iam, transport, this.guard('iam'), settings, noteCode);
    this.iam = iam;
    this.knownTokens = iam === null ? null : new KnownTokens((token) => iam.inspect(token));
    this.credentials = this.createCredentials();
  }

  endpoint(provider: Provider): URL {
    let url = this.endpoints.get(provider.id);
    if (url === undefined) {
      const template = this.upstream.endpoints[provider.id]?.[this.config.name] ?? this.config.endpoint;
      url = serviceUrl(template, provider.service);
      this.endpoints.set(provider.id, url);
    }
    return url;
  }

  guard(service: string): UpstreamGuard {
    let guard = this.guards.get(service);
    if (guard === undefined) this.guards.set(service, (guard = new UpstreamGuard(this.upstream.settings)));
    return guard;
  }

  /** Null where there is no identity service to ask. @throws UpstreamFault */
  async tokenFacts(token: string, signal: AbortSignal, maxAgeMs?: number): Promise<KnownFacts | null> {
    return this.knownTokens === null ? null : this.knownTokens.factsOf(token, signal, maxAgeMs);
  }

  /** Whoever asks about the token from now on hears what the cloud says from now on. */
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
        return new PasswordCredentials(credentials, (scope) => iam.login(scope));
      }
    }
  }
}
