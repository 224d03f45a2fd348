import { isIPv4 } from 'node:net';
import { rule } from '@gateway/settings';
import { SCOPE_PATTERN } from '@gateway/tasks';

/** The word `any`, or a list of at least one name. There is no default: nobody grants everything by forgetting. */
export const IsGrantedNames = (pattern = SCOPE_PATTERN): PropertyDecorator =>
  rule(
    'isGrantedNames',
    (value) => isGrantedNames(value, pattern),
    '$property must be the word any, or a list of at least one name',
  );

/** An https URL without credentials, query or fragment; http only on loopback. */
export const IsTrustedUrl = (): PropertyDecorator =>
  rule(
    'isTrustedUrl',
    (value) => typeof value === 'string' && isTrustedUrl(value),
    '$property must be an https URL without query (http only on loopback)',
  );

/** Whether keys fetched from there can be trusted. */
export function isTrustedUrl(text: string): boolean {
  if (/[\s?#]/.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** Whether only this machine reaches a host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

function isGrantedNames(value: unknown, pattern: RegExp): boolean {
  if (value === 'any') return true;
  return (
    Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && pattern.test(name))
  );
}
