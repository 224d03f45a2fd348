import { ValidateBy } from 'class-validator';
import type { ValidationArguments } from 'class-validator';

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

/** Names objects of a list whose member says what that of an earlier one says. */
export function repeated(place: string, items: readonly unknown[], member: string): readonly string[] {
  const names = items.map((item) => (Object(item) as Readonly<Record<string, unknown>>)[member]);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (typeof name !== 'string' || first === index) return [];
    return [`${place}[${index}].${member} is that of ${place}[${first}], too: each is named once`];
  });
}
