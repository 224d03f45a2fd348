import { findProvider } from '@gateway/providers';
import type { RegionSettings } from '@gateway/upstream';
import { isLoopback } from './access-config.js';
import type { AccessConfig, ApiKeySettings, GrantedNames } from './access-config.js';
import { checkProofs, checkProvider, checkRegion, listOf, repeated, unknownProvider } from './check-upstreams.js';
import type { GatewayConfig } from './gateway-config.js';

/**
 * What no single member shows: names that must exist elsewhere, and times that must contain each other. Members that
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
    ...checkDefault(regions),
    ...regions.flatMap((region, index) => checkRegion(region, `regions[${index}]`, providers)),
    ...providers.flatMap((provider, index) => checkProvider(provider, `providers[${index}]`, known)),
    ...checkProofs(access, regions),
    ...checkMode(access, config.server?.host),
    ...checkKeys(listOf(access.apiKeys), known),
    ...checkOrder(config),
    ...checkListeners(config),
  ];
}

function checkDefault(regions: readonly RegionSettings[]): readonly string[] {
  const places = regions.flatMap((region, index) => (region.default === true ? [`regions[${index}].default`] : []));
  return places.slice(1).map((place) => `${place} is true as ${places[0]} is: one region is asked where none is named`);
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
