import { startGateway } from './gateway.js';
import type { Gateway } from './gateway.js';
import type { Reply } from './http-client.js';
import { AUDIENCE, newKey, startIssuer } from './issuer.js';
import type { Issuer, SigningKey } from './issuer.js';
import { PROJECT } from './tasks.js';

type Members = Readonly<Record<string, unknown>>;

/** A gateway that believes an issuer of its own. */
export interface BearerGateway {
  readonly gateway: Gateway;
  readonly issuer: Issuer;
  /** Published without its algorithm, which the gateway does not allow: only the configuration says so. */
  readonly versatile: SigningKey;
  /** A token of somebody who may ask about the demo's images, but for the claims that differ. */
  readonly good: (claims?: Members, header?: Members) => Promise<string>;
  readonly bearing: (token: string, path?: string) => Promise<Reply>;
  readonly close: () => Promise<void>;
}

export const TASK = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
const CLAIMS = { tenant: 'tid', regions: 'any', projects: 'projects', instances: 'any', providers: 'may_ask' };

export async function startBearerGateway(): Promise<BearerGateway> {
  const issuer = await startIssuer();
  const key = await newKey('versatile', 'RS512');
  const versatile = { ...key, jwk: { ...key.jwk, alg: undefined } };
  issuer.keys = [...issuer.keys, await newKey('elliptic', 'ES256'), versatile];
  const jwt = { issuer: issuer.url, audience: AUDIENCE, algorithms: ['RS256', 'ES256'], claims: CLAIMS };
  const gateway = await startGateway({ config: { access: { mode: 'jwt', jwt }, server: { logLevel: 'debug' } } });
  return {
    gateway,
    issuer,
    versatile,
    good: (claims = {}, header = {}) =>
      issuer.token({ claims: { tid: 't1', projects: [PROJECT], may_ask: 'ims', ...claims }, header }),
    bearing: (token, path = TASK) => gateway.get(path, { authorization: `Bearer ${token}` }),
    async close() {
      await gateway.close();
      await issuer.close();
    },
  };
}
