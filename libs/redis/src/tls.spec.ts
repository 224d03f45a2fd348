import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../upstream/src/testing/authority.js';
import { tlsOptions } from './client-options.js';
import { readCertificates } from './settings.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tls-'));
  file = join(folder, 'ca.pem');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('readCertificates', () => {
  it('reads all of a file, and nothing else in it', async () => {
    const authority = await createAuthority();
    const certificates = await Promise.all(['one', 'two'].map((host) => authority.certificate(host, 'valid')));
    writeFileSync(file, `text\n${certificates.join('text\n')}${authority.key}`);
    expect(readCertificates(file)).toEqual(certificates);
  });

  it.each(['', 'text', '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n'])('refuses %p', (text) => {
    writeFileSync(file, text);
    expect(() => readCertificates(file)).toThrow();
  });

  it('refuses a file that is not there', () => {
    expect(() => readCertificates(file)).toThrow('ENOENT');
  });
});

describe('tlsOptions', () => {
  it('verify, also where the environment says not to', () => {
    expect(tlsOptions(true)).toEqual({ rejectUnauthorized: true });
    expect(tlsOptions({ serverName: 'name' })).toEqual({ rejectUnauthorized: true, servername: 'name' });
  });
});
