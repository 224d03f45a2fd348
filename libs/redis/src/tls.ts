import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { RedisTlsSettings } from './settings.js';

/**
 * Reads the certificates of a PEM file.
 * @throws Error for a file that cannot be read, or has none
 */
export function readCertificates(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8');
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw new Error('The file has no certificates in PEM');
  return found.map((pem) => new X509Certificate(pem).toString());
}

/**
 * Options of Node's `tls.connect`, apart from where to.
 * @throws Error for a file that cannot be read
 */
export function tlsOptions(settings: true | RedisTlsSettings): ConnectionOptions {
  const { caFile, serverName } = settings === true ? ({} as RedisTlsSettings) : settings;
  return {
    // Said, because an environment variable could say otherwise.
    rejectUnauthorized: true,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(caFile === undefined ? {} : { secureContext: createSecureContext({ ca: [...readCertificates(caFile)] }) }),
  };
}
