import { HttpService } from '@nestjs/axios';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UpstreamFault } from '../upstream-fault.js';
import { HttpTransport } from './http-transport.js';

// Certificates are made here, so that no private key lies in the repository.
const canMakeCertificates = spawnSync('openssl', ['version']).status === 0;
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

(canMakeCertificates ? describe : describe.skip)('TLS', () => {
  let folder: string;
  let server: https.Server | undefined;
  let transport: HttpTransport | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'upstream-tls-'));
    writeFileSync(join(folder, 'ca.cnf'), CONFIG);
    writeFileSync(join(folder, 'index.txt'), '');
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'key.pem');
    openssl('req', '-new', '-key', 'key.pem', '-subj', '/CN=test', '-out', 'request.pem');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    await transport?.close();
    await new Promise((closed) => server?.close(closed));
  });

  function openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  }

  function certificate(name: string, until: string): string {
    writeFileSync(join(folder, 'names.cnf'), `subjectAltName = DNS:${name}\n`);
    const validity = ['-startdate', '20200101000000Z', '-enddate', until];
    const files = ['-keyfile', 'key.pem', '-in', 'request.pem', '-extfile', 'names.cnf', '-out', 'certificate.pem'];
    openssl('ca', '-batch', '-config', 'ca.cnf', '-selfsign', '-notext', ...validity, ...files);
    return readFileSync(join(folder, 'certificate.pem'), 'utf8');
  }

  async function ask(cert: string, trusted: boolean): Promise<unknown> {
    let requests = 0;
    server = https.createServer({ key: readFileSync(join(folder, 'key.pem')), cert }, (_request, response) => {
      requests += 1;
      response.end('hello');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    transport = new HttpTransport(new HttpService(), trusted ? { extraCa: cert } : {});
    const url = new URL(`https://localhost:${(server.address() as AddressInfo).port}/`);
    const options = { signal: new AbortController().signal, bodyBytes: 1_000, attemptMs: 10_000 };
    const sent = transport.send({ method: 'GET', url, headers: { 'x-auth-token': 'T' } }, options);
    const outcome: unknown = await sent.then(
      ({ body }) => body.toString(),
      (reason: unknown) => reason,
    );
    if (outcome instanceof UpstreamFault) expect(requests).toBe(0);
    return outcome;
  }

  it('accepts a certificate of a trusted authority for the right host', async () => {
    expect(await ask(certificate('localhost', '20990101000000Z'), true)).toBe('hello');
  });

  it.each([
    ['expired', 'localhost', '20200102000000Z', true, 'The certificate of the upstream has expired.'],
    ['for another host', 'cloud.test', '20990101000000Z', true, 'The certificate of the upstream is for another host.'],
    ['self-signed', 'localhost', '20990101000000Z', false, 'The certificate of the upstream is not trusted.'],
  ])('refuses one that is %s', async (_name, name, until, trusted, message) => {
    expect(await ask(certificate(name, until), trusted)).toMatchObject({
      problem: 'upstream-unreachable',
      repeat: 'backoff',
      message,
    });
  });

  it('verifies even where the environment says otherwise', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await ask(certificate('localhost', '20990101000000Z'), false)).toBeInstanceOf(UpstreamFault);
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });
});
