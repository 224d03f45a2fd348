import { readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { PROVIDERS } from '@gateway/providers';
import { parse } from 'yaml';
import { isLoopback } from './access-rules.js';
import { checkAccess } from './check-access.js';
import { GatewayConfig } from './gateway-config.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown when the gateway must not start; names everything that is wrong with its configuration. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(source: string, violations: readonly string[]) {
    super(`The configuration cannot be used (${source}):\n${violations.map((text) => `  - ${text}`).join('\n')}`);
  }
}

/** Members that hold secrets come from the environment only. */
const SECRET_MEMBERS = new Set([
  'password',
  'sentinelPassword',
  'secretKey',
  'securityToken',
  'principalSecret',
  'token',
]);
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Reads the file that `GATEWAY_CONFIG` names (`gateway.yaml` by default), fills in `${VARIABLES}`, lets `HOST`, `PORT`
 * and `LOG_LEVEL` overrule it, and checks the whole.
 * @throws ConfigError
 */
export function loadConfig(environment: Environment): GatewayConfig {
  const path = environment['GATEWAY_CONFIG'] ?? 'gateway.yaml';
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new ConfigError(path, [
      'the file cannot be read: copy config/gateway.example.yaml, name your regions, and point GATEWAY_CONFIG at it',
    ]);
  }
  return parseConfig(text, environment, path);
}

/** {@link loadConfig} for text. @throws ConfigError */
export function parseConfig(text: string, environment: Environment, source: string): GatewayConfig {
  let plain: unknown;
  try {
    plain = parse(text);
  } catch (error) {
    throw new ConfigError(source, [`not YAML: ${String(error).split('\n', 1)[0]}`]);
  }
  if (typeof (plain ?? {}) !== 'object' || Array.isArray(plain)) throw new ConfigError(source, ['not a YAML mapping']);
  const violations: string[] = [];
  const filled = fillIn(plain ?? {}, environment, '', violations) as Record<string, unknown>;
  const config = plainToInstance(GatewayConfig, overrule(filled, environment));
  const errors = validateSync(config, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  violations.push(...errors.flatMap((error) => describe(error, '')));
  violations.push(...crossCheck(config));
  if (violations.length > 0) throw new ConfigError(source, violations);
  return config;
}

function overrule(plain: Record<string, unknown>, { HOST, PORT, LOG_LEVEL }: Environment): Record<string, unknown> {
  const server = {
    ...(plain['server'] as object | undefined),
    ...(HOST === undefined || HOST === '' ? {} : { host: HOST }),
    ...(PORT === undefined || PORT === '' ? {} : { port: /^\d+$/.test(PORT) ? Number(PORT) : PORT }),
    ...(LOG_LEVEL === undefined || LOG_LEVEL === '' ? {} : { logLevel: LOG_LEVEL }),
  };
  return { ...plain, server };
}

function fillIn(value: unknown, environment: Environment, path: string, violations: string[]): unknown {
  if (Array.isArray(value))
    return value.map((item, index) => fillIn(item, environment, `${path}[${index}]`, violations));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).flatMap(([member, inner]) => {
        const place = path === '' ? member : `${path}.${member}`;
        if (member === 'constructor') {
          // class-transformer would take it for the class of its object.
          violations.push(`${place} is not a known setting`);
          return [];
        }
        if (SECRET_MEMBERS.has(member) && !(typeof inner === 'string' && /^\$\{\w+\}$/.test(inner)))
          violations.push(
            `${place} must name an environment variable, such as \${${member.toUpperCase()}}: secrets do not stand in files`,
          );
        return [[member, fillIn(inner, environment, place, violations)]];
      }),
    );
  if (typeof value !== 'string') return value;
  if (path === 'cache.redis.url' && /:\/\/[^/@]*:[^/@$]+@/.test(value))
    violations.push(`${path} must not hold a password: let the whole URL come from an environment variable`);
  return value.replace(REFERENCE, (reference, name: string) => {
    const found = environment[name];
    if (found === undefined || found === '')
      violations.push(`${path} needs the environment variable ${name}, which is not set`);
    return found ?? reference;
  });
}

/** Settings of earlier versions, and what to do about them. */
const REMOVED: Readonly<Record<string, string>> = {
  'upstream.queue': 'upstream.queue is gone: the queue is bounded by time, as upstream.queueMs says; remove it',
};

function describe({ property, constraints, children }: ValidationError, path: string): readonly string[] {
  const place = /^\d+$/.test(property) ? `${path}[${property}]` : path === '' ? property : `${path}.${property}`;
  const own = Object.entries(constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation' ? (REMOVED[place] ?? `${place} is not a known setting`) : `${place}: ${message}`,
  );
  return [...own, ...(children ?? []).flatMap((child) => describe(child, place))];
}

/**
 * What no single member can tell: names that must exist elsewhere, and deadlines that must contain each other. Members
 * that are themselves wrong have been named already, and are passed over.
 */
function crossCheck({ server, access, regions, providers, upstream, admin }: GatewayConfig): readonly string[] {
  const known = new Set(listOf(regions).map(({ name }) => name));
  const ids = new Set(PROVIDERS.map(({ id }) => id));
  const violations: string[] = [];
  const checkRegion = (place: string, region: unknown): void => {
    if (typeof region === 'string' && !known.has(region))
      violations.push(`${place}: region ${region} is not configured`);
  };
  for (const [index, { id, region, endpoints }] of listOf(providers).entries()) {
    const place = `providers[${index}]`;
    if (typeof id === 'string' && !ids.has(id))
      violations.push(`${place}.id: there is no provider ${id}; known are ${[...ids].join(', ')}`);
    checkRegion(`${place}.region`, region);
    for (const [position, endpoint] of listOf(endpoints).entries())
      checkRegion(`${place}.endpoints[${position}].region`, endpoint.region);
  }
  violations.push(...checkAccess(access, { host: server?.host, regions: known, providers: ids }));
  if (upstream?.attemptMs > upstream?.requestMs)
    violations.push('upstream.attemptMs must not be longer than upstream.requestMs');
  if (server?.drainSeconds > server?.shutdownSeconds)
    violations.push(
      'server.drainSeconds must not be longer than server.shutdownSeconds: a stop is over before its drain then',
    );
  if (server?.headersSeconds > server?.requestSeconds)
    violations.push('server.headersSeconds must not be longer than server.requestSeconds: the head is a part of it');
  if (server?.corsLocalhost && typeof server.host === 'string' && !isLoopback(server.host))
    violations.push(
      `server.corsLocalhost is for demos on loopback, and server.host is ${server.host}: name exact origins in corsOrigins`,
    );
  if (admin !== undefined && admin !== null && admin.port !== 0 && admin.port === server?.port)
    violations.push('admin.port must not be that of server.port: operators have a listener of their own');
  return violations;
}

function listOf<T>(value: readonly T[]): readonly T[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
}
