import { findProvider, PROVIDERS } from '@gateway/providers';
import { isEndpoint } from '@gateway/settings';
import { CLOUDS, cloudsOf, hostLabel, isHuaweiStyle, PROJECT_PATTERN, scopePatternOf } from '@gateway/tasks';
import type { Provider, ScopeMember } from '@gateway/tasks';
import { cloudOf } from '@gateway/upstream';
import type { ProviderSettings, RegionSettings } from '@gateway/upstream';
import type { AccessConfig } from './access-config.js';

/** What contradicts itself in a region, or beside the providers that are asked there. */
export function checkRegion(
  region: RegionSettings,
  place: string,
  providers: readonly ProviderSettings[],
): readonly string[] {
  const there = PROVIDERS.filter((provider) => isIn(region, provider));
  return [
    ...checkProject(`${place}.projectId`, region.projectId, there),
    ...checkCredentials(region, place),
    ...checkEndpoint(region, place, providers),
  ];
}

/** Each cloud takes some kinds of credentials only. */
function checkCredentials(region: RegionSettings, place: string): readonly string[] {
  const mode = region.credentials?.mode;
  const cloud = cloudOf(region);
  if (!CLOUDS.includes(cloud)) return [];
  if (isHuaweiStyle(cloud))
    return mode === 'token'
      ? [`${place}.credentials.mode: tokens of ${cloud} end after a day: use password, aksk or passthrough`]
      : [];
  const violations = ['password', 'aksk'].includes(mode)
    ? [`${place}.credentials.mode: ${cloud} takes no ${mode}: use token or passthrough`]
    : [];
  if (region.iam !== undefined) violations.push(`${place}.iam: ${cloud} has no identity service: remove it`);
  return violations;
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
export function checkProofs({ mode }: AccessConfig, regions: readonly RegionSettings[]): readonly string[] {
  if (mode !== 'passthrough') return [];
  return regions.flatMap(({ iam, credentials }, index) => {
    if (credentials?.mode === 'token')
      return [
        `regions[${index}].credentials.mode must be passthrough for access.mode passthrough: nobody tells what a caller's token may read there`,
      ];
    return iam === undefined && ['password', 'aksk'].includes(credentials?.mode)
      ? [`regions[${index}].iam must be set for access.mode passthrough: it tells which project a caller's token is of`]
      : [];
  });
}

/** Whether a region's cloud has a provider. */
function isIn(region: RegionSettings, provider: Provider): boolean {
  return hostLabel(provider, cloudOf(region)) !== null;
}

/** What contradicts itself in a provider's section, or beside the regions. */
export function checkProvider(
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
  for (const [index, endpoint] of endpoints.entries()) {
    checkName(`${place}.endpoints[${index}].region`, endpoint.region);
    const named = regions.get(endpoint.region);
    if (named !== undefined && !isHuaweiStyle(cloudOf(named)) && isOfAnotherHost(endpoint.url, named, described))
      violations.push(
        `${place}.endpoints[${index}].url: tokens of region ${named.name} would go to another host: make it a region of its own`,
      );
  }
  return [...violations, ...repeated(`${place}.endpoints`, endpoints, 'region')];
}

function isOfAnotherHost(url: unknown, region: RegionSettings, provider: Provider | undefined): boolean {
  const { endpoint } = region;
  if (!isEndpoint(url) || !isEndpoint(endpoint)) return false;
  const label = provider === undefined ? null : hostLabel(provider, cloudOf(region));
  const filled = (template: string): string => template.replaceAll('{service}', label ?? 'service');
  return new URL(filled(url as string)).origin !== new URL(filled(endpoint)).origin;
}

/** What stands in it, in its places; nothing where it is no list or holds no objects. */
export function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  const nothing = {} as T;
  return Array.isArray(value) ? value.map((item) => (typeof item === 'object' && item !== null ? item : nothing)) : [];
}

export function unknownProvider(place: string, id: string): string {
  return `${place}: there is no provider ${id}; known are ${PROVIDERS.map((known) => known.id).join(', ')}`;
}

/** Names objects of a list whose member says what that of an earlier one says. */
export function repeated<T extends object>(
  place: string,
  items: readonly T[],
  member: keyof T & string,
): readonly string[] {
  const names = items.map((item) => item[member]);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (typeof name !== 'string' || first === index) return [];
    return [`${place}[${index}].${member} is that of ${place}[${first}], too: each is named once`];
  });
}
