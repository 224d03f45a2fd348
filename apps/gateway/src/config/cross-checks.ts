import { findProvider, PROVIDERS } from '@gateway/providers';
import type { ScopeMember } from '@gateway/tasks';
import { isLoopback } from './access-rules.js';
import { isEndpoint } from '@gateway/settings';
import type { ProviderSettings, RegionSettings } from '@gateway/upstream';
import { checkAccess } from './check-access.js';
import { repeated } from './repeated.js';
import type { GatewayConfig } from './gateway-config.js';

const IDS: ReadonlySet<string> = new Set(PROVIDERS.map(({ id }) => id));

/**
 * What no single member can tell: names that must exist elsewhere, and times that must contain each other. Members that
 * are themselves wrong have been named already, and are passed over.
 */
export function crossCheck(config: GatewayConfig): readonly string[] {
  const { server, access } = config;
  const regions = listOf(config.regions);
  const providers = listOf(config.providers);
  const known = new Set(regions.map(({ name }) => name));
  return [
    ...repeated('regions', regions, 'name'),
    ...repeated('providers', providers, 'id'),
    ...regions.flatMap((region, index) => checkRegion(region, `regions[${index}]`, providers)),
    ...providers.flatMap((provider, index) => checkProvider(provider, `providers[${index}]`, known)),
    ...checkProofs(access, regions),
    ...checkAccess(access, { host: server?.host, regions: known, providers: IDS }),
    ...checkOrder(config),
    ...checkListeners(config),
  ];
}

function checkListeners({ server, admin }: GatewayConfig): readonly string[] {
  const violations: string[] = [];
  if (server?.corsLocalhost && typeof server.host === 'string' && !isLoopback(server.host))
    violations.push(
      `server.corsLocalhost is for demos on loopback, and server.host is ${server.host}: name exact origins in corsOrigins`,
    );
  if (admin !== undefined && admin !== null && admin.port !== 0 && admin.port === server?.port)
    violations.push('admin.port must not be that of server.port: operators have a listener of their own');
  return violations;
}

/** Pairs of settings where the first must not be more than the second, and why. */
const ORDER = [
  ['upstream.attemptMs', 'upstream.requestMs', 'an attempt is a part of the request'],
  ['upstream.backoffBaseMs', 'upstream.backoffCapMs', 'pauses grow from the one to the other'],
  ['upstream.breakerOpenMs', 'upstream.breakerMaxOpenMs', 'pauses grow from the one to the other'],
  ['server.drainSeconds', 'server.shutdownSeconds', 'a stop is over before its drain then'],
  ['server.headersSeconds', 'server.requestSeconds', 'the head is a part of it'],
  [
    'cache.unfinishedTtlSeconds',
    'cache.finalTtlSeconds',
    'a task that has ended cannot change any more, a running one can',
  ],
] as const;

function checkOrder(config: GatewayConfig): readonly string[] {
  const valueOf = (setting: string): unknown => {
    const [section = '', member = ''] = setting.split('.');
    return (config as unknown as Record<string, Record<string, unknown> | null | undefined>)[section]?.[member];
  };
  return ORDER.flatMap(([less, more, reason]) => {
    const [one, other] = [valueOf(less), valueOf(more)];
    const isWrong = typeof one === 'number' && typeof other === 'number' && one > other;
    return isWrong ? [`${less} (${one}) must not be more than ${more} (${other}): ${reason}`] : [];
  });
}

function checkRegion(
  { name, endpoint }: RegionSettings,
  place: string,
  providers: readonly ProviderSettings[],
): readonly string[] {
  if (!isEndpoint(endpoint) || endpoint.includes('{service}')) return [];
  const hasOwn = (id: string): boolean =>
    providers.some(
      (provider) => provider.id === id && listOf(provider.endpoints).some(({ region }) => region === name),
    );
  const sharing = PROVIDERS.filter(({ id }) => !hasOwn(id));
  if (new Set(sharing.map(({ service }) => service)).size <= 1) return [];
  return [
    `${place}.endpoint is one address for ${sharing.map(({ id }) => id).join(', ')}: put {service} where it names the ` +
      'service, or give all but one of them their own address in providers[].endpoints',
  ];
}

/** With no credential but the caller's cloud token, somebody has to tell of which project it is. */
function checkProofs(access: unknown, regions: readonly RegionSettings[]): readonly string[] {
  if ((Object(access) as { readonly mode?: unknown }).mode !== 'passthrough') return [];
  return regions.flatMap(({ iam, credentials }, index) =>
    iam === undefined && ['password', 'aksk'].includes(credentials?.mode)
      ? [`regions[${index}].iam must be set for access.mode passthrough: it tells which project a caller's token is of`]
      : [],
  );
}

function checkProvider(provider: ProviderSettings, place: string, regions: ReadonlySet<string>): readonly string[] {
  const { id, region } = provider;
  const endpoints = listOf(provider.endpoints);
  const violations: string[] = [];
  const checkName = (where: string, name: unknown): void => {
    if (typeof name === 'string' && !regions.has(name)) violations.push(`${where}: region ${name} is not configured`);
  };
  if (typeof id === 'string' && !IDS.has(id))
    violations.push(`${place}.id: there is no provider ${id}; known are ${[...IDS].join(', ')}`);
  const scope = findProvider(id)?.scope;
  for (const member of ['projectId', 'instanceId'] satisfies ScopeMember[])
    if (scope !== undefined && !scope.includes(member) && provider[member] !== undefined)
      violations.push(
        `${place}.${member}: tasks of ${id} are not found by it; they are by ${['region', ...scope].join(', ')}`,
      );
  checkName(`${place}.region`, region);
  for (const [index, endpoint] of endpoints.entries())
    checkName(`${place}.endpoints[${index}].region`, endpoint.region);
  return [...violations, ...repeated(`${place}.endpoints`, endpoints, 'region')];
}

/** What stands in it, in its places; nothing where it is no list or holds no objects. */
function listOf<T>(value: readonly T[]): readonly T[] {
  const nothing = {} as T;
  return Array.isArray(value) ? value.map((item) => (typeof item === 'object' && item !== null ? item : nothing)) : [];
}
