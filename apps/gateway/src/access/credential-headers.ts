import type { IncomingMessage } from 'node:http';
import type { Violation } from '@gateway/problems';
import type { AccessMode } from '../config/access-config.js';

/** Headers that say who asks in each mode, as `Vary` names them. Others are not even looked at. */
export const CREDENTIAL_HEADERS: Readonly<Record<AccessMode, string>> = {
  open: 'X-Auth-Token',
  passthrough: 'X-Auth-Token',
  apiKey: 'X-Auth-Token, X-API-Key',
  jwt: 'X-Auth-Token, Authorization',
};

/** Where credentials are read from. */
export type CredentialSource = Pick<IncomingMessage, 'headers' | 'rawHeaders'>;

/** A credential as it was sent: absent, one, or something that is not one. */
export type SentCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly value: string }
  | { readonly kind: 'wrong'; readonly violation: Violation };

const NONE: SentCredential = { kind: 'none' };

/** A comma would mean that someone joined two; none of these credentials holds one. */
const ONE_WORD = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/;
/** RFC 6750, section 2.1. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

const wrong = (header: string, detail: string): SentCredential => ({ kind: 'wrong', violation: { detail, header } });

/** The caller's cloud token. */
export function readCloudToken(request: CredentialSource): SentCredential {
  const words = 'one token of visible ASCII characters, without quotes, commas and backslashes.';
  return readWord(request, 'X-Auth-Token', words);
}

/** The caller's key. */
export function readApiKey(request: CredentialSource): SentCredential {
  return readWord(request, 'X-API-Key', 'one key of visible ASCII characters, without quotes, commas and backslashes.');
}

/** The token of `Authorization: Bearer`. Other schemes are no credential here. */
export function readBearer(request: CredentialSource): SentCredential {
  const [value, ...more] = valuesOf(request, 'authorization');
  if (value === undefined) return NONE;
  if (more.length > 0) return wrong('Authorization', 'Authorization must be sent once.');
  const token = BEARER.exec(value)?.[1];
  if (token !== undefined) return { kind: 'one', value: token };
  // Also behind another scheme: that would be two credentials in one header.
  return /(^|[\s,])Bearer(\s|$)/i.test(value)
    ? wrong('Authorization', 'Authorization must be Bearer and one token.')
    : NONE;
}

function readWord(request: CredentialSource, header: string, words: string): SentCredential {
  const name = header.toLowerCase();
  if (request.headers[name] === undefined) return NONE;
  const values = valuesOf(request, name);
  const value = values[0];
  if (value === undefined) return NONE;
  if (values.length > 1 || !ONE_WORD.test(value)) return wrong(header, `${header} must be ${words}`);
  return { kind: 'one', value };
}

/** Every value as it came over the wire: `headers` joins some repetitions, and drops others without a word. */
export function valuesOf({ headers, rawHeaders }: CredentialSource, name: string): readonly string[] {
  const values: string[] = [];
  if (headers[name] === undefined) return values;
  // Names and values take turns.
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index] ?? '';
    if (sent.length === name.length && sent.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '');
  }
  return values;
}
