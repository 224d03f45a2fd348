import { findProvider, PROVIDERS } from '@gateway/providers';
import { cloudsOf, hostLabel, PROJECT_PATTERN, scopePatternOf } from '@gateway/tasks';
import type { Provider, ScopeMember } from '@gateway/tasks';
import { isEndpoint } from '@gateway/settings';
import { cloudOf } from '@gateway/upstream';
import type { ProviderSettings, RegionSettings } from '@gateway/upstream';
import { isLoopback } from './access-config.js';
import type { AccessConfig, ApiKeySettings, GrantedNames } from './access-config.js';
import type { GatewayConfig } from './gateway-config.js';

/**
 * What no single member can tell: names that must exist elsewhere, and times that must contain each other. Members that
 * are themselves wrong have been named already, and are passed over.
 */
export function crossCheck(config: GatewayConfig): readonly string[] {
  const access = Object(config.access) as AccessConfig;
  const regions = listOf(config.regions);
  const providers = listOf(config.providers);
  const known = new Map(regions.map((region) => [region.name, region]));
  return [
    ...repeated('regions', regions, 'name'),
    ...repeated('providers', providers, 'id'),
    ...regions.flatMap((region, index) => checkRegion(region, `regions[${index}]`, providers)),
    ...providers.flatMap((provider, index) => checkProvider(provider, `providers[${index}]`, known)),
    ...checkProofs(access, regions),
    ...checkMode(access, config.server?.host),
    ...checkKeys(listOf(access.apiKeys), known),
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

function checkRegion(region: RegionSettings, place: string, providers: readonly ProviderSettings[]): readonly string[] {
  const there = PROVIDERS.filter((provider) => isIn(region, provider));
  return [...checkProject(`${place}.projectId`, region.projectId, there), ...checkEndpoint(region, place, providers)];
}

function checkEndpoint(
  region: RegionSettings,
  place: string,
  providers: readonly ProviderSettings[],
): readonly string[] {
  const { name, endpoint } = region;
  if (!isEndpoint(endpoint) || endpoint.includes('{service}')) return [];
  const hasOwn = (id: string): boolean =>
    providers.some((provider) => provider.id === id && listOf(provider.endpoints).some((own) => own.region === name));
  const sharing = PROVIDERS.filter((provider) => isIn(region, provider) && !hasOwn(provider.id));
  if (new Set(sharing.map((provider) => hostLabel(provider, cloudOf(region)))).size <= 1) return [];
  return [
    `${place}.endpoint is one address for ${sharing.map(({ id }) => id).join(', ')}: put {service} where it names the ` +
      'service, or give all but one of them their own address in providers[].endpoints',
  ];
}

/** A project that no task of some providers could be found by. Names of no form at all have been named already. */
function checkProject(place: string, projectId: unknown, providers: readonly Provider[]): readonly string[] {
  if (typeof projectId !== 'string' || !PROJECT_PATTERN.test(projectId)) return [];
  const wrong = providers.filter(
    (provider) => provider.scope.includes('projectId') && !scopePatternOf(provider, 'projectId').test(projectId),
  );
  return wrong
    .slice(0, 1)
    .map((first) => `${place}: projects of ${first.id} match ${scopePatternOf(first, 'projectId').source}`);
}

/** With no credential but the caller's cloud token, somebody has to tell of which project it is. */
function checkProofs({ mode }: AccessConfig, regions: readonly RegionSettings[]): readonly string[] {
  if (mode !== 'passthrough') return [];
  return regions.flatMap(({ iam, credentials }, index) =>
    iam === undefined && ['password', 'aksk'].includes(credentials?.mode)
      ? [`regions[${index}].iam must be set for access.mode passthrough: it tells which project a caller's token is of`]
      : [],
  );
}

/** Whether a region's cloud has a provider. */
function isIn(region: RegionSettings, provider: Provider): boolean {
  return hostLabel(provider, cloudOf(region)) !== null;
}

function checkProvider(
  provider: ProviderSettings,
  place: string,
  regions: ReadonlyMap<string, RegionSettings>,
): readonly string[] {
  const { id, region } = provider;
  const endpoints = listOf(provider.endpoints);
  const described = findProvider(id);
  const violations: string[] = [];
  const checkName = (where: string, name: unknown): void => {
    if (typeof name !== 'string') return;
    const named = regions.get(name);
    if (named === undefined) violations.push(`${where}: region ${name} is not configured`);
    else if (described !== undefined && !isIn(named, described))
      violations.push(
        `${where}: region ${name} is of ${cloudOf(named)}, and ${id} is on ${cloudsOf(described).join(', ')}`,
      );
  };
  if (typeof id === 'string' && described === undefined) violations.push(unknownProvider(`${place}.id`, id));
  const scope = described?.scope;
  if (described !== undefined) violations.push(...checkProject(`${place}.projectId`, provider.projectId, [described]));
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
function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  const nothing = {} as T;
  return Array.isArray(value) ? value.map((item) => (typeof item === 'object' && item !== null ? item : nothing)) : [];
}

function checkMode({ mode, dangerouslyOpenToTheNetwork, apiKeys, jwt }: AccessConfig, host: unknown): string[] {
  const violations: string[] = [];
  for (const [section, value, user] of [
    ['apiKeys', apiKeys, 'apiKey'],
    ['jwt', jwt, 'jwt'],
  ] as const) {
    const present = value !== undefined && value !== null;
    if (mode === user && !present) violations.push(`access.${section} must be set for mode ${user}`);
    if (mode !== user && present) violations.push(`access.${section} is used by mode ${user} only`);
  }
  if (mode !== 'open' && dangerouslyOpenToTheNetwork)
    violations.push('access.dangerouslyOpenToTheNetwork is used by mode open only');
  if (mode === 'open' && !dangerouslyOpenToTheNetwork && typeof host === 'string' && !isLoopback(host))
    violations.push(
      `access.mode: open on server.host ${host} shows every task that the gateway's credentials can read to everybody ` +
        'who reaches it: choose passthrough, apiKey or jwt, listen on 127.0.0.1, or set ' +
        'access.dangerouslyOpenToTheNetwork to true',
    );
  return violations;
}

function checkKeys(keys: readonly ApiKeySettings[], regions: ReadonlyMap<string, unknown>): readonly string[] {
  const hashes = keys.map(({ sha256 }) => (typeof sha256 === 'string' ? sha256.toLowerCase() : null));
  const violations = keys.flatMap((key, index) => {
    const place = `access.apiKeys[${index}]`;
    const hash = hashes[index] ?? null;
    return [
      ...unknownNames(key.regions, (name) => regions.has(name)).map(
        (region) => `${place}.regions: region ${region} is not configured`,
      ),
      ...unknownNames(key.providers, (name) => findProvider(name) !== undefined).map((provider) =>
        unknownProvider(`${place}.providers`, provider),
      ),
      ...(hash !== null && hashes.indexOf(hash) < index ? [`${place}.sha256 is the same as that of another key`] : []),
    ];
  });
  return [...repeated('access.apiKeys', keys, 'id'), ...violations];
}

function unknownNames(names: GrantedNames, isKnown: (name: string) => boolean): readonly string[] {
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string' && !isKnown(name)) : [];
}

function unknownProvider(place: string, id: string): string {
  return `${place}: there is no provider ${id}; known are ${PROVIDERS.map((known) => known.id).join(', ')}`;
}

/** Names objects of a list whose member says what that of an earlier one says. */
function repeated<T extends object>(place: string, items: readonly T[], member: keyof T & string): readonly string[] {
  const names = items.map((item) => item[member]);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (typeof name !== 'string' || first === index) return [];
    return [`${place}[${index}].${member} is that of ${place}[${first}], too: each is named once`];
  });
}
