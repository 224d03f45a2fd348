import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { parse } from 'yaml';
import { EACH } from '@gateway/settings';
import { crossCheck } from './cross-checks.js';
import { GatewayConfig } from './gateway-config.js';
import { readSecretFile, readText } from './files.js';
import type { FileText, ReadFiles } from './files.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown when the gateway must not start; names everything that is wrong with its configuration. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(source: string, violations: readonly string[]) {
    super(`The configuration cannot be used (${source}):\n${violations.map((text) => `  - ${text}`).join('\n')}`);
  }
}

/** Members that hold secrets come from the environment, or from files of their own, only. */
const SECRET_MEMBERS = new Set([
  'password',
  'sentinelPassword',
  'secretKey',
  'securityToken',
  'principalSecret',
  'token',
]);
const REFERENCE = /\$\{(?:file:([^{}]+)|([A-Za-z_][A-Za-z0-9_]*))\}/g;
const ONE_REFERENCE = /^\$\{(?:file:[^{}]+|\w+)\}$/;

/**
 * Reads the file that `GATEWAY_CONFIG` names (`gateway.yaml` by default), fills in `${VARIABLES}` and `${file:/paths}`, lets `HOST`,
 * `PORT`, `LOG_LEVEL` and `GATEWAY_PROCESSES` overrule it, and checks the whole.
 * @param files taken from here where they are, and put here where they are not
 * @throws ConfigError
 */
export function loadConfig(environment: Environment, files: ReadFiles = new Map()): GatewayConfig {
  const path = configSource(environment);
  const file = fileIn(files, path, readText);
  if ('fault' in file)
    throw new ConfigError(path, [
      `the file ${file.fault}: copy config/gateway.example.yaml, name your regions, and point GATEWAY_CONFIG at it`,
    ]);
  return parseConfig(file.text, environment, path, files);
}

function fileIn(files: ReadFiles, path: string, read: (path: string) => FileText): FileText {
  const file = files.get(path) ?? read(path);
  files.set(path, file);
  return file;
}

/** Path of the file that is read. */
export function configSource(environment: Environment): string {
  return environment['GATEWAY_CONFIG'] ?? 'gateway.yaml';
}

/** {@link loadConfig} for text. @throws ConfigError */
export function parseConfig(
  text: string,
  environment: Environment,
  source: string,
  files: ReadFiles = new Map(),
): GatewayConfig {
  let plain: unknown;
  try {
    plain = parse(text);
  } catch (error) {
    throw new ConfigError(source, [`not YAML: ${String(error).split('\n', 1)[0]}`]);
  }
  if (typeof (plain ?? {}) !== 'object' || Array.isArray(plain)) throw new ConfigError(source, ['not a YAML mapping']);
  const violations: string[] = [];
  const filled = fillIn(plain ?? {}, { environment, files }, '', violations) as Record<string, unknown>;
  const config = plainToInstance(GatewayConfig, overrule(filled, environment));
  const errors = validateSync(config, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  violations.push(...errors.flatMap((error) => describe(error, '')));
  violations.push(...crossCheck(config));
  if (violations.length > 0) throw new ConfigError(source, violations);
  return config;
}

function overrule(
  plain: Record<string, unknown>,
  { HOST, PORT, LOG_LEVEL, GATEWAY_PROCESSES }: Environment,
): Record<string, unknown> {
  const section = plain['server'] ?? {};
  // The checks say that it is no section.
  if (typeof section !== 'object' || Array.isArray(section)) return plain;
  const server = {
    ...section,
    ...(HOST === undefined || HOST === '' ? {} : { host: HOST }),
    ...(PORT === undefined || PORT === '' ? {} : { port: numberIn(PORT) }),
    ...(GATEWAY_PROCESSES === undefined || GATEWAY_PROCESSES === '' ? {} : { processes: numberIn(GATEWAY_PROCESSES) }),
    ...(LOG_LEVEL === undefined || LOG_LEVEL === '' ? {} : { logLevel: LOG_LEVEL }),
  };
  return { ...plain, server };
}

/** The text itself where it is none: the checks name it. */
function numberIn(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** @param around what holds the value: an anchor that holds its own alias has no end */
function fillIn(
  value: unknown,
  references: { readonly environment: Environment; readonly files: ReadFiles },
  path: string,
  violations: string[],
  around: readonly unknown[] = [],
): unknown {
  if (around.includes(value)) {
    violations.push(`${path} is nested too deeply: does an anchor hold its own alias?`);
    return null;
  }
  const within = [...around, value];
  if (Array.isArray(value))
    return value.map((item, index) => fillIn(item, references, `${path}[${index}]`, violations, within));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).flatMap(([member, inner]) => {
        const place = path === '' ? member : `${path}.${member}`;
        if (member in Object.prototype) {
          // class-transformer would pass over it, or take it for the class of its object.
          violations.push(`${place} is not a known setting`);
          return [];
        }
        if (SECRET_MEMBERS.has(member) && !(typeof inner === 'string' && ONE_REFERENCE.test(inner)))
          violations.push(
            `${place} must name an environment variable, such as \${${member.toUpperCase()}}, or a file of its own, such as \${file:/run/secrets/${member}}: secrets do not stand in this one`,
          );
        return [[member, fillIn(inner, references, place, violations, within)]];
      }),
    );
  if (typeof value !== 'string') return value;
  if (path === 'cache.redis.url' && /:\/\/[^/@]*:[^/@$]+@/.test(value))
    violations.push(
      `${path} must not hold a password: let the whole URL come from an environment variable, or a file of its own`,
    );
  return value.replace(REFERENCE, (reference, file: string | undefined, name: string) => {
    if (file !== undefined) {
      const read = fileIn(references.files, file, readSecretFile);
      if ('fault' in read) violations.push(`${path} needs the file ${file}, which ${read.fault}`);
      return 'text' in read ? read.text : reference;
    }
    const found = references.environment[name];
    if (found === undefined || found === '')
      violations.push(`${path} needs the environment variable ${name}, which is not set`);
    return found ?? reference;
  });
}

/** Settings of earlier versions, and what to do about them. */
const REMOVED: Readonly<Record<string, string>> = {
  'upstream.queue': 'upstream.queue is gone: the queue is bounded by time, as upstream.queueMs says; remove it',
};

function describe({ property, target, constraints, children }: ValidationError, path: string): readonly string[] {
  const place = /^\d+$/.test(property) ? `${path}[${property}]` : path === '' ? property : `${path}.${property}`;
  const own = Object.entries(constraints ?? {}).flatMap(([rule, message]) => {
    if (rule === 'whitelistValidation') return [REMOVED[place] ?? `${place} is not a known setting${tagOf(target)}`];
    // Of a list, whose bad items are named one by one.
    if (rule === EACH) return message.split('\n').map((line) => `${place}${line}`);
    return [`${place}: ${message}`];
  });
  return [...own, ...expected(children).flatMap((child) => describe(child, place))];
}

/** Of a section whose form is unknown, nobody can tell which settings it may have. */
function expected(errors: readonly ValidationError[] = []): readonly ValidationError[] {
  const isFormUnknown = errors.some(({ property, constraints }) => TAGS.has(property) && constraints?.['isIn']);
  return isFormUnknown ? errors.filter(({ constraints }) => !constraints?.['whitelistValidation']) : errors;
}

/** Settings that name the form of their section. */
const TAGS: ReadonlySet<string> = new Set(['mode', 'kind']);

/** Which form of a section lacks a setting that another form may have. */
function tagOf(section: object | undefined): string {
  const { mode, kind } = section as { readonly mode?: unknown; readonly kind?: unknown };
  if (typeof mode === 'string') return ` of mode ${mode}`;
  return typeof kind === 'string' ? ` of kind ${kind}` : '';
}
