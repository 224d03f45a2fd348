import type { UpstreamSettings } from './upstream-settings.js';

/** Whose credentials go upstream, per region. */
export type CredentialsConfig =
  /** The caller's own `X-Auth-Token`. */
  | { readonly mode: 'passthrough' }
  /** The gateway logs in at IAM with a user of a domain, scoped to the project that is asked about. */
  | { readonly mode: 'password'; readonly domain: string; readonly user: string; readonly password: string }
  /** Requests are signed with an access key (SDK-HMAC-SHA256); temporary keys come with a security token. */
  | {
      readonly mode: 'aksk';
      readonly accessKey: string;
      readonly secretKey: string;
      readonly securityToken?: string | undefined;
    };

export interface RegionConfig {
  readonly name: string;
  /** Base URL of the identity service; `password` needs it, `passthrough` uses it to learn a token's project. */
  readonly iam: string | null;
  /** Base URL of the services, with `{service}` for the host label: `https://{service}.eu-de.example.com`. */
  readonly endpoint: string;
  readonly credentials: CredentialsConfig;
}

export interface UpstreamConfig {
  readonly regions: readonly RegionConfig[];
  /** Endpoints that differ from their region's template: by provider id, then by region. */
  readonly endpoints: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Largest body in bytes, where it differs from the provider's own: by provider id. */
  readonly bodyBytes: Readonly<Record<string, number>>;
  readonly settings: UpstreamSettings;
  /** Certificate authorities to trust besides the usual ones, in PEM. */
  readonly extraCa?: string | undefined;
}
