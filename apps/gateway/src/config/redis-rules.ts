import { readCertificates, readRedisAddress, readRedisUrl } from '@gateway/redis';
import { rule } from '@gateway/settings';

/** A URL that the cache can use. */
export const IsRedisUrl = (): PropertyDecorator =>
  rule(
    'isRedisUrl',
    (value) => typeof value === 'string' && works(() => readRedisUrl(value)),
    '$property must be redis:// or rediss://[user[:password]@]host[:port][/db]',
  );

/** A list of where servers listen. */
export const AreRedisAddresses = (): PropertyDecorator =>
  rule(
    'areRedisAddresses',
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      new Set(value).size === value.length &&
      value.every((text) => typeof text === 'string' && works(() => readRedisAddress(text))),
    '$property must be a list of host:port, each of them once',
  );

/** A file that is there and holds certificates. */
export const IsCertificateFile = (): PropertyDecorator =>
  rule(
    'isCertificateFile',
    (value) => typeof value === 'string' && works(() => readCertificates(value)),
    '$property must be a file of PEM certificates that the gateway can read',
  );

function works(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
