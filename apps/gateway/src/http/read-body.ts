import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import type { Violation } from '@gateway/problems';

/** Reads a JSON body into its class; everything wrong with it is added to `violations`, each with its pointer (RFC 6901). */
export function readBody<T extends object>(type: new () => T, body: unknown, violations: Violation[]): T | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    violations.push({ detail: 'The body must be a JSON object.', pointer: '' });
    return null;
  }
  const detail = unreadable(body);
  if (detail !== null) {
    violations.push({ detail, pointer: '' });
    return null;
  }
  const instance = plainToInstance(type, body);
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true });
  violations.push(...errors.flatMap((error) => violationsOf(error, '')));
  return instance;
}

/** No body needs more levels. */
const MAX_DEPTH = 8;

/**
 * class-transformer recurses, and takes a member called `constructor` for the class of its object. class-validator takes a
 * list of objects for an object.
 */
function unreadable(body: object): string | null {
  let level: readonly object[] = [body];
  let holdsLists = false;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return 'The body is nested too deeply.';
    if (level.some((value) => Object.hasOwn(value, 'constructor'))) return 'No member may be called constructor.';
    holdsLists ||= level.some((value) => Array.isArray(value) && value.some(Array.isArray));
    level = level.flatMap((value) =>
      Object.values(value).filter((inner): inner is object => typeof inner === 'object' && inner !== null),
    );
  }
  return holdsLists ? 'No list may hold a list.' : null;
}

const RULES = ['whitelistValidation', 'isArray', 'isString', 'nestedValidation'];
const WORDS: Readonly<Record<string, string>> = {
  whitelistValidation: 'This member is not known.',
  nestedValidation: 'Each element must be an object.',
};

function violationsOf({ property, constraints, children }: ValidationError, path: string): readonly Violation[] {
  const pointer = `${path}/${property.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  // What a member is comes before how long it may be: one violation for each place is enough.
  const rule = RULES.find((name) => constraints?.[name] !== undefined) ?? Object.keys(constraints ?? {})[0];
  const own = rule === undefined ? [] : [{ detail: WORDS[rule] ?? `${constraints?.[rule] ?? ''}.`, pointer }];
  return [...own, ...(children ?? []).flatMap((child) => violationsOf(child, pointer))];
}
