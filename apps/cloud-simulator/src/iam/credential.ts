import { headerOf } from '../http/call.js';
import type { Call } from '../http/call.js';

/** Where a token stands: in `X-Auth-Token`, or in `Authorization` as a bearer token. */
export type TokenScheme = 'x-auth-token' | 'bearer';

/** What a request proves its sender with, not yet verified. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly scheme: TokenScheme; readonly value: string }
  | {
      readonly kind: 'signature';
      readonly access: string;
      readonly signedHeaders: readonly string[];
      readonly signature: string;
    };

const SIGNATURE = /^SDK-HMAC-SHA256\s+Access=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]{64})$/i;

/** Reads the credential of a request; a token wins over a signature, other schemes are none. */
export function readCredential(call: Call): Credential {
  const token = headerOf(call, 'x-auth-token');
  if (token !== null) return { kind: 'token', scheme: 'x-auth-token', value: token };
  const authorization = headerOf(call, 'authorization') ?? '';
  const bearer = /^Bearer (\S+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined) return { kind: 'token', scheme: 'bearer', value: bearer };
  const match = SIGNATURE.exec(authorization);
  if (match === null) return { kind: 'none' };
  const [, access = '', signedHeaders = '', signature = ''] = match;
  return { kind: 'signature', access, signedHeaders: signedHeaders.toLowerCase().split(';'), signature };
}
