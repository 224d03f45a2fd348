import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { portOf } from './http-client.js';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export interface TokenShape {
  /** Differ from those of a good token; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: SigningKey;
}

/** An identity provider on a free port: OpenID Connect Discovery and a key set. */
export interface Issuer {
  readonly url: string;
  readonly jwksUrl: string;
  /** The keys that it publishes, the first of which signs. */
  keys: readonly SigningKey[];
  /** Answers instead of it, while set. */
  answer: ((reply: ServerResponse, path: string) => void) | null;
  /** Paths that it was asked for. */
  readonly asked: string[];
  readonly token: (shape?: TokenShape) => Promise<string>;
  readonly close: () => Promise<void>;
}

export const AUDIENCE = 'task-gateway';

export async function newKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

export async function startIssuer(): Promise<Issuer> {
  const server = createServer((request, reply) => {
    const path = request.url ?? '';
    issuer.asked.push(path);
    if (issuer.answer !== null) return issuer.answer(reply, path);
    const documents: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': { issuer: issuer.url, jwks_uri: issuer.jwksUrl },
      '/keys': { keys: issuer.keys.map(({ jwk }) => jwk) },
    };
    reply.statusCode = documents[path] === undefined ? 404 : 200;
    reply.setHeader('content-type', 'application/json').end(JSON.stringify(documents[path] ?? {}));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${portOf(server)}`;
  const issuer: Issuer = {
    url,
    jwksUrl: `${url}/keys`,
    keys: [await newKey('first')],
    answer: null,
    asked: [],
    token: ({ claims = {}, header = {}, key = issuer.keys[0] } = {}) => {
      if (key === undefined) throw new Error('there is no key to sign with');
      const now = Math.floor(Date.now() / 1000);
      const usual = { iss: url, aud: AUDIENCE, sub: 'alice', iat: now, exp: now + 3600 };
      const payload = JSON.parse(JSON.stringify({ ...usual, ...claims })) as JWTPayload;
      return new SignJWT(payload)
        .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
        .sign(key.privateKey, { crit: { 'urn:x': true } });
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
  return issuer;
}
