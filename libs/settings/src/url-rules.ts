import { isIP } from 'node:net';
import { rule } from './rules.js';

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
  return (
    typeof value === 'string' &&
    /^https?:\/\/[^*]+$/.test(value) &&
    URL.canParse(value) &&
    new URL(value).origin === value
  );
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
