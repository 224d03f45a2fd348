import { isLoopback } from './access-rules.js';
import { repeated } from './repeated.js';
import type { AccessConfig } from './access-config.js';

/** What access has to fit to. */
export interface AccessSurroundings {
  readonly host: unknown;
  readonly regions: ReadonlySet<string>;
  readonly providers: ReadonlySet<string>;
}

/** What no single member of `access` can tell. Members that are themselves wrong have been named already, and are passed over. */
export function checkAccess(access: unknown, surroundings: AccessSurroundings): readonly string[] {
  if (typeof access !== 'object' || access === null) return [];
  const settings = access as AccessConfig;
  return [...checkMode(settings, surroundings.host), ...checkKeys(settings, surroundings)];
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

function checkKeys({ apiKeys }: AccessConfig, { regions, providers }: AccessSurroundings): string[] {
  if (!Array.isArray(apiKeys)) return [];
  const violations = [...repeated('access.apiKeys', apiKeys as readonly unknown[], 'id')];
  const seen = new Set<string>();
  for (const [index, key] of (apiKeys as readonly unknown[]).entries()) {
    if (typeof key !== 'object' || key === null) continue;
    const settings = key as Readonly<Record<string, unknown>>;
    const place = `access.apiKeys[${index}]`;
    for (const region of unknownNames(settings['regions'], regions))
      violations.push(`${place}.regions: region ${region} is not configured`);
    for (const provider of unknownNames(settings['providers'], providers))
      violations.push(`${place}.providers: there is no provider ${provider}; known are ${[...providers].join(', ')}`);
    const hash = typeof settings['sha256'] === 'string' ? settings['sha256'].toLowerCase() : null;
    if (hash !== null && seen.has(hash)) violations.push(`${place}.sha256 is the same as that of another key`);
    if (hash !== null) seen.add(hash);
  }
  return violations;
}

function unknownNames(names: unknown, known: ReadonlySet<string>): readonly string[] {
  if (!Array.isArray(names)) return [];
  return names.filter((name): name is string => typeof name === 'string' && !known.has(name));
}
