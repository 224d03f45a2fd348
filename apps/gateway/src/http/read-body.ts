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
  const instance = plainToInstance(type, body);
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true });
  violations.push(...errors.flatMap((error) => violationsOf(error, '')));
  return instance;
}

function violationsOf({ property, constraints, children }: ValidationError, path: string): readonly Violation[] {
  const pointer = `${path}/${property.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const own = Object.entries(constraints ?? {}).map(([rule, message]) => ({
    detail: rule === 'whitelistValidation' ? 'This member is not known.' : `${message}.`,
    pointer,
  }));
  return [...own, ...(children ?? []).flatMap((child) => violationsOf(child, pointer))];
}
