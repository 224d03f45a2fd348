import { isIP } from 'node:net';
import { Type } from 'class-transformer';
import { Matches, ValidateBy } from 'class-validator';
import type { ValidationArguments } from 'class-validator';
import { PROJECT_PATTERN, SCOPE_PATTERN } from '@gateway/tasks';

/** A rule for one setting. @param message where a value does not pass; `$property` stands for the setting's name */
export const rule = (name: string, passes: (value: unknown) => boolean, message: string): PropertyDecorator =>
  ValidateBy({ name, validator: { validate: passes, defaultMessage: () => message } });

/** A text that a function reads without throwing. @param what it has to be, as a sentence goes on */
export const Parses = (name: string, read: (text: string) => unknown, what: string): PropertyDecorator =>
  rule(name, (value) => isReadBy(read, value), `$property must be ${what}`);

export function isReadBy(read: (text: string) => unknown, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    read(value);
    return true;
  } catch {
    return false;
  }
}

/** The name of a region, a project, an instance or a key. */
export const IsScopeName = (): PropertyDecorator =>
  Matches(SCOPE_PATTERN, { message: '$property must be 1 to 64 letters, digits, hyphens and underscores' });

/** The name of a project, of any provider. */
export const IsProjectName = (): PropertyDecorator =>
  Matches(PROJECT_PATTERN, {
    message: '$property must be 1 to 64 letters, digits, hyphens and underscores, or a path such as owner/repository',
  });

/** Name of the rule whose message has a line for each bad item, beginning with its index. */
export const EACH = 'isListOf';

/** A list of different values, each of which passes a check. @param what each item has to be, as a sentence goes on */
export const IsListOf = (check: (item: unknown) => boolean, what: string): PropertyDecorator =>
  ValidateBy({
    name: EACH,
    validator: {
      validate: (value) => wrongIn(value, check, what).length === 0,
      defaultMessage: (details?: ValidationArguments) => wrongIn(details?.value, check, what).join('\n'),
    },
  });

function wrongIn(value: unknown, check: (item: unknown) => boolean, what: string): readonly string[] {
  if (!Array.isArray(value)) return [': must be a list'];
  const items: readonly unknown[] = value;
  return items.flatMap((item, index) => {
    if (!check(item)) return [`[${index}]: must be ${what}`];
    const first = items.indexOf(item);
    return first === index ? [] : [`[${index}] is the same as [${first}]`];
  });
}

/** A section of one of several classes. @param classes by the value of the tag; an unknown value is refused by the first */
export const TaggedBy = (tag: string, classes: Readonly<Record<string, new () => object>>): PropertyDecorator =>
  Type((help) => {
    const value = (Object(help?.object[help.property]) as Readonly<Record<string, unknown>>)[tag];
    const [first = Object] = Object.values(classes);
    return typeof value === 'string' && Object.hasOwn(classes, value) ? (classes[value] ?? first) : first;
  });

/** An http(s) base URL without credentials, query or fragment, where `{service}` may stand for a host label. */
export const IsEndpoint = (): PropertyDecorator =>
  rule('isEndpoint', isEndpoint, '$property must be an http(s) URL, with {service} for the host label of each service');

/** Whether a value passes {@link IsEndpoint}. */
export function isEndpoint(value: unknown): boolean {
  if (typeof value !== 'string' || /\s/.test(value)) return false;
  const filled = value.replaceAll('{service}', 'service');
  if (/[{}?#]/.test(filled) || !URL.canParse(filled)) return false;
  const { protocol, username, password } = new URL(filled);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

/** An http(s) base URL without credentials, query or fragment: paths are put behind it. */
export const IsBaseUrl = (what: string): PropertyDecorator =>
  rule(
    'isBaseUrl',
    (value) => isEndpoint(value) && !(value as string).includes('{'),
    `$property must be the http(s) URL of ${what}, without query and credentials`,
  );

/** Scheme, host and port as browsers write them: in lower case, without the usual port, a path or a wildcard. */
export function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/[^*]+$/.test(value) && URL.parse(value)?.origin === value;
}

/** A value of {@link isOrigin}. */
export const IsOrigin = (): PropertyDecorator =>
  rule('isOrigin', isOrigin, '$property must be an origin such as https://tasks.example.com');

/** What a listener listens on: an address or a host name, without a scheme or a port. */
export const IsHost = (): PropertyDecorator =>
  rule(
    'isHost',
    (value) =>
      typeof value === 'string' &&
      (isIP(value) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/.test(value)),
    '$property must be an IP address or a host name, without scheme and port',
  );
