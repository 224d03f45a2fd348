import type { CredentialsConfig, UpstreamConfig } from '@gateway/upstream';
import type { CredentialsSettings, GatewayConfig } from './gateway-config.js';

/** The part of the configuration that the upstream library understands. */
export function upstreamConfig({ regions, providers, upstream }: GatewayConfig): UpstreamConfig {
  return {
    regions: regions.map(({ name, iam, endpoint, credentials }) => ({
      name,
      iam: iam ?? null,
      endpoint,
      credentials: credentialsConfig(credentials),
    })),
    endpoints: Object.fromEntries(
      providers.map(({ id, endpoints }) => [id, Object.fromEntries(endpoints.map(({ region, url }) => [region, url]))]),
    ),
    bodyBytes: Object.fromEntries(
      providers.flatMap(({ id, maxBodyBytes }) => (maxBodyBytes === undefined ? [] : [[id, maxBodyBytes]])),
    ),
    settings: upstream,
  };
}

/** Validation has made sure that each mode has its members. */
function credentialsConfig(settings: CredentialsSettings): CredentialsConfig {
  const { mode, domain = '', user = '', password = '', accessKey = '', secretKey = '', securityToken } = settings;
  switch (mode) {
    case 'passthrough':
      return { mode };
    case 'password':
      return { mode, domain, user, password };
    case 'aksk':
      return { mode, accessKey, secretKey, securityToken };
  }
}
