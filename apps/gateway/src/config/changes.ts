import { isDeepStrictEqual } from 'node:util';
import { cloudOf } from '@gateway/upstream';
import type { RegionSettings } from '@gateway/upstream';
import type { GatewayConfig } from './gateway-config.js';

/** What a running gateway takes over; all else needs a restart. */
const CHANGEABLE = ['access.apiKeys', 'access.jwt', 'admin.token', 'limits', 'providers', 'regions'];

/** Places where two configurations differ, such as `server.port`; a list is one place. */
export function changesBetween(one: GatewayConfig, other: GatewayConfig): readonly string[] {
  return differences(one, other, '');
}

/** What a running gateway cannot take over, each place by its name. @param kinds of regions, by their names: see {@link kindOf} */
export function fixedChanges(
  changes: readonly string[],
  { regions }: GatewayConfig,
  kinds: ReadonlyMap<string, string>,
): readonly string[] {
  const fixed = changes.filter((place) => !CHANGEABLE.some((own) => place === own || place.startsWith(`${own}.`)));
  const other = regions.flatMap((region, index) => {
    const kind = kinds.get(region.name) ?? kindOf(region);
    return kind === kindOf(region) ? [] : [[`regions[${index}]`, region.name, kind] as const];
  });
  return [
    ...fixed.map((place) => `${place} cannot change while the gateway runs: restart it`),
    ...other.map(
      ([place, name, kind]) =>
        `${place}: while the gateway runs, ${name} stays a region of ${kind}: give this one another name, or restart it`,
    ),
  ];
}

/**
 * What a region is as long as the process lives, whatever else changes: requests under way have been checked by the rules for
 * callers' own tokens, or by those for the gateway's credentials.
 */
export function kindOf(region: RegionSettings): string {
  const whose = region.credentials.mode === 'passthrough' ? "callers' own tokens" : 'credentials of the gateway';
  return `${cloudOf(region)} with ${whose}`;
}

function differences(one: unknown, other: unknown, place: string): readonly string[] {
  if (isDeepStrictEqual(one, other)) return [];
  if (!isSection(one) || !isSection(other)) return [place];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((member) =>
    differences(one[member], other[member], place === '' ? member : `${place}.${member}`),
  );
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
