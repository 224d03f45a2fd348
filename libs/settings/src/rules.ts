import { Type } from 'class-transformer';
import { Matches, ValidateBy } from 'class-validator';
import type { ValidationArguments } from 'class-validator';
import { SCOPE_PATTERN } from '@gateway/tasks';

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
