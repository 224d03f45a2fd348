// What makes certificates looks for metadata when it loads.
import 'reflect-metadata';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

const STARTS = new Date('2020-01-01T00:00:00Z');
const ENDS = { valid: new Date('2099-01-01T00:00:00Z'), expired: new Date('2020-01-02T00:00:00Z') } as const;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Makes certificates when they are needed, so that no private key lies in the repository. */
export interface Authority {
  /** PEM. */
  readonly key: string;
  /** Signed by its own key; PEM. */
  readonly certificate: (host: string, age: keyof typeof ENDS) => Promise<string>;
}

export async function createAuthority(): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    key: PemConverter.encode(key, PemConverter.PrivateKeyTag),
    certificate: async (host, age) => {
      const certificate = await X509CertificateGenerator.createSelfSigned({
        name: 'CN=test',
        notBefore: STARTS,
        notAfter: ENDS[age],
        keys,
        signingAlgorithm: ALGORITHM,
        extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
      });
      return `${certificate.toString('pem')}\n`;
    },
  };
}
