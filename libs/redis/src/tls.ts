import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { IsOptional, Matches } from 'class-validator';
import { Parses } from '@gateway/settings';

const HOST_NAME = /^(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Certificates are always verified; there is nothing that turns it off. */
export class RedisTlsSettings {
  /** PEM file of the authorities that are trusted instead of the usual ones; read when the connection is made. */
  @IsOptional()
  @Parses('isCertificateFile', readCertificates, 'a file of PEM certificates that the gateway can read')
  readonly caFile?: string;
  /** Host name that certificates are for and that servers are asked for, where it is not the one connected to. */
  @IsOptional() @Matches(HOST_NAME, { message: '$property must be a host name' }) readonly serverName?: string;
}

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
