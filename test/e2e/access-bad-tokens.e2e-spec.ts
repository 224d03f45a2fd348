import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { base64url, exportSPKI } from 'jose';
import { startBearerGateway, TASK } from '../support/bearer-gateway.js';
import type { BearerGateway } from '../support/bearer-gateway.js';
import type { Gateway } from '../support/gateway.js';
import { AUDIENCE, newKey } from '../support/issuer.js';
import type { Issuer, SigningKey } from '../support/issuer.js';
import { expectProblem } from '../support/problems.js';

const INVALID = 'Bearer realm="task-gateway", error="invalid_token"';

let system: BearerGateway;
let gateway: Gateway;
let issuer: Issuer;
let versatile: SigningKey;
let good: BearerGateway['good'];
let bearing: BearerGateway['bearing'];
beforeAll(async () => {
  system = await startBearerGateway();
  ({ gateway, issuer, versatile, good, bearing } = system);
});
afterAll(() => system.close());
beforeEach(() => gateway.simulator.control.clearRequests());

const seconds = (): number => Math.floor(Date.now() / 1000);
const json = (value: unknown): string => base64url.encode(JSON.stringify(value));

describe('a bearer token that is not good', () => {
  const flipped = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
  const parts = async (): Promise<readonly [string, string, string]> => {
    const [header = '', payload = '', signature = ''] = (await good()).split('.');
    return [header, payload, signature];
  };
  const stranger = newKey('first');

  const bad: readonly (readonly [string, () => Promise<string>])[] = [
    ['expired', () => good({ exp: seconds() - 6 })],
    ['without an end', () => good({ exp: undefined })],
    ['with an end that is no number', () => good({ exp: 'tomorrow' })],
    ['not valid yet', () => good({ nbf: seconds() + 60 })],
    ['issued in the future', () => good({ iat: seconds() + 60 })],
    ['of another issuer', () => good({ iss: 'https://evil.example.com' })],
    ['of the same issuer, spelled otherwise', () => good({ iss: `${issuer.url}/` })],
    ['without an issuer', () => good({ iss: undefined })],
    ['for another audience', () => good({ aud: 'billing' })],
    ['for an audience that begins alike', () => good({ aud: `${AUDIENCE}-2` })],
    ['without an audience', () => good({ aud: undefined })],
    ['without a subject', () => good({ sub: undefined })],
    ['with an empty subject', () => good({ sub: '' })],
    ['with a subject that is no text', () => good({ sub: 7 })],
    ['without its tenant', () => good({ tid: undefined })],
    ['with several tenants', () => good({ tid: ['t1', 't2'] })],
    ['of another type', () => good({}, { typ: 'logout+jwt' })],
    ['with a critical extension', () => good({}, { crit: ['urn:x'], 'urn:x': 1 })],
    ['naming an unknown key', () => good({}, { kid: 'nobody' })],
    [
      'signed by a stranger with the same key id',
      async () => issuer.token({ key: await stranger, claims: { tid: 't1' } }),
    ],
    [
      'bringing its own key',
      async () => issuer.token({ key: await stranger, header: { jwk: (await stranger).jwk }, claims: { tid: 't1' } }),
    ],
    [
      'saying where its keys are',
      async () => issuer.token({ key: await stranger, header: { jku: issuer.jwksUrl }, claims: { tid: 't1' } }),
    ],
    [
      'with claims exchanged',
      async () => {
        const [header, , signature] = await parts();
        return `${header}.${(await good({ sub: 'bob' })).split('.')[1] ?? ''}.${signature}`;
      },
    ],
    [
      'with a signature that is off by a letter',
      async () => {
        const [header, payload, signature] = await parts();
        return `${header}.${payload}.${flipped(signature)}`;
      },
    ],
    [
      'without a signature',
      async () => {
        const [header, payload] = await parts();
        return `${header}.${payload}.`;
      },
    ],
    ...['none', 'None', 'NONE'].map(
      (alg) => [`of algorithm ${alg}`, async () => `${json({ alg })}.${(await parts())[1]}.`] as const,
    ),
    [
      'signed with HS256 and the public key',
      async () => {
        const key = issuer.keys[0];
        if (key === undefined) throw new Error('no key');
        const signed = `${json({ alg: 'HS256', kid: key.kid })}.${(await parts())[1]}`;
        const mac = createHmac('sha256', await exportSPKI(key.publicKey))
          .update(signed)
          .digest('base64url');
        return `${signed}.${mac}`;
      },
    ],
    ['of an algorithm that is not allowed', async () => issuer.token({ key: versatile, claims: { tid: 't1' } })],
    ['of five parts', async () => `${await good()}.x.y`],
    ['of no parts', async () => 'opaque'],
    ['of dots', async () => '..'],
    ['of JSON that is none', async () => `${base64url.encode('{')}.${base64url.encode('{')}.AAAA`],
    ['of 60,000 characters', async () => 'x'.repeat(60_000)],
  ];

  it.each(bad)('%s: 401 without the reason', async (_, make) => {
    const token = await make();
    for (const path of [TASK, '/tasks/ims/00000000000000000000000000000000', '/providers', '/tasks/nowhere/x?y']) {
      const reply = await bearing(token, path);
      expectProblem(gateway, reply, 'unauthenticated', { detail: 'The bearer token is not valid.' });
      expect(reply.headers['www-authenticate']).toBe(INVALID);
    }
    expect(gateway.simulator.control.requests()).toEqual([]);
  });
});
