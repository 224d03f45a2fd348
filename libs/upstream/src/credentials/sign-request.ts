import { createHash, createHmac } from 'node:crypto';

const ALGORITHM = 'SDK-HMAC-SHA256';

/** A request that is about to be sent. */
export interface RequestToSign {
  readonly method: string;
  /** With a path whose segments are percent-encoded already. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Names of the headers that the signature covers; all of them, and `host`, where this is left out. */
  readonly signedHeaders?: readonly string[];
}

export interface AccessKey {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Comes with temporary keys. */
  readonly securityToken?: string;
}

/**
 * Signs a request with SDK-HMAC-SHA256 and returns the headers to add. `Host` is covered and not returned: the HTTP
 * client sends the URL's own. The clouds tolerate 15 minutes between `now` and their clocks.
 */
export function signRequest(request: RequestToSign, key: AccessKey, now: Date): Record<string, string> {
  const date = sdkDate(now);
  const added = {
    'X-Sdk-Date': date,
    ...(key.securityToken === undefined ? {} : { 'X-Security-Token': key.securityToken }),
  };
  const headers = coveredHeaders(request, added);
  const names = headers.map(([name]) => name).join(';');
  const canonicalRequest = [
    request.method.toUpperCase(),
    canonicalPath(request.url.pathname),
    canonicalQuery(request.url.searchParams),
    headers.map(([name, value]) => `${name}:${value}\n`).join(''),
    names,
    sha256(request.body),
  ].join('\n');
  const textToSign = [ALGORITHM, date, sha256(canonicalRequest)].join('\n');
  // The secret key signs directly; no key is derived from it.
  const signature = createHmac('sha256', key.secretKey).update(textToSign).digest('hex');
  return {
    ...added,
    Authorization: `${ALGORITHM} Access=${key.accessKey}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

/** `YYYYMMDDTHHMMSSZ` */
function sdkDate(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function coveredHeaders(request: RequestToSign, added: Readonly<Record<string, string>>): [string, string][] {
  const all = new Map([['host', request.url.host]]);
  for (const [name, value] of Object.entries({ ...request.headers, ...added }))
    all.set(name.toLowerCase(), value.trim());
  const chosen =
    request.signedHeaders && new Set(['x-sdk-date', ...request.signedHeaders.map((name) => name.toLowerCase())]);
  return [...all].filter(([name]) => chosen?.has(name) ?? true).toSorted(([a], [b]) => compare(a, b));
}

/** Every segment with nothing but RFC 3986 unreserved characters left bare, and a slash at the end, in this form only. */
function canonicalPath(pathname: string): string {
  const path = pathname
    .split('/')
    .map((segment) => encode(decode(segment)))
    .join('/');
  return path.endsWith('/') ? path : `${path}/`;
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

// Decoding first keeps `%2F` from becoming `%252F`; what cannot be decoded is no escape, and is encoded as it stands.
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** `encodeURIComponent` leaves five more characters bare than RFC 3986 does. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** By code unit; the order of a locale would not be the cloud's. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
