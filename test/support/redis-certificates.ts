import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../libs/upstream/src/testing/authority.js';

export interface RedisCertificates {
  /** Path of the certificate, which is its own authority. */
  readonly caFile: string;
  /** Arguments of a server that shows it. */
  readonly args: readonly string[];
  readonly remove: () => void;
}

/** A certificate for a host, in files as a Redis server wants them. */
export async function redisCertificates(host: string, age: 'valid' | 'expired' = 'valid'): Promise<RedisCertificates> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-tls-'));
  const authority = await createAuthority();
  const caFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  writeFileSync(caFile, await authority.certificate(host, age));
  writeFileSync(keyFile, authority.key);
  return {
    caFile,
    args: [
      '--tls-cert-file',
      caFile,
      '--tls-key-file',
      keyFile,
      '--tls-ca-cert-file',
      caFile,
      '--tls-auth-clients',
      'no',
    ],
    remove: () => rmSync(folder, { recursive: true }),
  };
}
