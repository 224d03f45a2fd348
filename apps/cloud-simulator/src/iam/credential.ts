import { headerOf } from '../http/call.js';
import type { Call } from '../http/call.js';

/** What a request proves its sender with, not yet verified. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly value: string }
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
  if (token !== null) return { kind: 'token', value: token };
  const match = SIGNATURE.exec(headerOf(call, 'authorization') ?? '');
  if (match === null) return { kind: 'none' };
  const [, access = '', signedHeaders = '', signature = ''] = match;
  return { kind: 'signature', access, signedHeaders: signedHeaders.toLowerCase().split(';'), signature };
}
