import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CONFIG = `
[ca]
default_ca = test
[test]
database = index.txt
rand_serial = yes
unique_subject = no
new_certs_dir = .
default_md = sha256
policy = names
[names]
commonName = supplied
`;
const ENDS = { valid: '20990101000000Z', expired: '20200102000000Z' } as const;

/** Makes certificates when they are needed, so that no private key lies in the repository. */
export interface Authority {
  /** PEM. */
  readonly key: string;
  /** Signed by its own key; PEM. */
  readonly certificate: (host: string, age: keyof typeof ENDS) => string;
  readonly remove: () => void;
}

export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  writeFileSync(join(folder, 'ca.cnf'), CONFIG);
  writeFileSync(join(folder, 'index.txt'), '');
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'key.pem');
  openssl('req', '-new', '-key', 'key.pem', '-subj', '/CN=test', '-out', 'request.pem');
  return {
    key: read('key.pem'),
    certificate(host, age) {
      writeFileSync(join(folder, 'names.cnf'), `subjectAltName = DNS:${host}\n`);
      const validity = ['-startdate', '20200101000000Z', '-enddate', ENDS[age]];
      const files = ['-keyfile', 'key.pem', '-in', 'request.pem', '-extfile', 'names.cnf', '-out', 'certificate.pem'];
      openssl('ca', '-batch', '-config', 'ca.cnf', '-selfsign', '-notext', ...validity, ...files);
      return read('certificate.pem');
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
