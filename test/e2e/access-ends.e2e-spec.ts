import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { authenticatorOf, Principals } from '../../apps/gateway/src/access/authentication.js';
import type { Authenticator } from '../../apps/gateway/src/access/authentication.js';
import { IssuerKeys } from '../../apps/gateway/src/access/issuer-keys.js';
import { parseConfig } from '../../apps/gateway/src/config/load-config.js';
import { AUDIENCE, startIssuer } from '../support/issuer.js';
import type { Issuer } from '../support/issuer.js';

const ANY = { regions: 'any', projects: 'any', instances: 'any', providers: 'any' };
const REGIONS = [{ name: 'eu-de', endpoint: 'https://{service}', credentials: { mode: 'passthrough' } }];

const authenticator = (access: object): Authenticator['authenticate'] =>
  authenticatorOf(
    parseConfig(JSON.stringify({ regions: REGIONS, access }), {}, 'test').access,
    new Principals(undefined),
    (jwt) => new IssuerKeys(jwt),
  ).authenticate;

/** When the credential of whoever sends these headers ends. */
async function endOf(
  authenticate: Authenticator['authenticate'],
  headers: Readonly<Record<string, string>>,
): Promise<number | null> {
  const { caller } = await authenticate({ headers, rawHeaders: Object.entries(headers).flat() });
  return caller.endsAt;
}

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer.close());

describe('the end of what a caller shows', () => {
  it('a bearer token, also one that is remembered: its end, and the tolerance for clocks', async () => {
    const jwt = { issuer: issuer.url, audience: AUDIENCE, clockToleranceSeconds: 7, claims: ANY };
    const authenticate = authenticator({ mode: 'jwt', jwt });
    const exp = Math.floor(Date.now() / 1000) + 40_000;
    const headers = { authorization: `Bearer ${await issuer.token({ claims: { exp } })}` };
    expect(authenticate({ headers, rawHeaders: Object.entries(headers).flat() })).toBeInstanceOf(Promise);
    for (const own of [headers, headers, { ...headers, 'x-auth-token': 'a-token' }])
      expect(await endOf(authenticate, own)).toBe((exp + 7) * 1000);
    expect(authenticate({ headers, rawHeaders: Object.entries(headers).flat() })).not.toBeInstanceOf(Promise);
  });

  it.each<[string, object, Readonly<Record<string, string>>]>([
    ['nobody', { mode: 'open' }, {}],
    ['a cloud token where all are let in', { mode: 'open' }, { 'x-auth-token': 'a-token' }],
    ['a cloud token', { mode: 'passthrough' }, { 'x-auth-token': 'a-token' }],
    [
      'a key',
      {
        mode: 'apiKey',
        apiKeys: [{ id: 'one', sha256: createHash('sha256').update('a-key').digest('hex'), ...ANY }],
      },
      { 'x-api-key': 'a-key' },
    ],
  ])('%s: does not tell', async (_, access, headers) => {
    expect(await endOf(authenticator(access), headers)).toBeNull();
  });
});
