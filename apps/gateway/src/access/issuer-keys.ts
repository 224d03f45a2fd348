import { Logger } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, errors } from 'jose';
import type { JWTVerifyGetKey, RemoteJWKSet } from 'jose';
import type { JwtSettings } from '../config/access-config.js';
import { isTrustedUrl } from '../config/access-config.js';

/** Times in milliseconds. */
const FETCH_MS = 3000;
/** Keys older than this are fetched anew, so that one taken back goes out of use. */
const REFRESH_MS = 10 * 60_000;
/** An unknown key id makes the keys be fetched anew, at most this often. */
const UNKNOWN_KEY_MS = 30_000;
/** Pause after a failure. */
const RETRY_MS = 5000;

/** Thrown when no token can be verified, because its issuer's keys cannot be had. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * The issuer's public keys (RFC 7517). Keys once had stay in use while the issuer cannot be reached; new ones are
 * looked for when a token names a key that is not among them.
 */
export class IssuerKeys {
  private readonly logger = new Logger('Access');
  private keys: RemoteJWKSet | null = null;
  private loading: Promise<void> | null = null;
  private loadedAt = Number.NEGATIVE_INFINITY;
  private failedAt = Number.NEGATIVE_INFINITY;
  private unknownAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly settings: Pick<JwtSettings, 'issuer' | 'jwksUrl'>) {}

  /** Whether these are the keys that such settings mean. */
  areOf({ issuer, jwksUrl }: Pick<JwtSettings, 'issuer' | 'jwksUrl'>): boolean {
    return this.settings.issuer === issuer && this.settings.jwksUrl === jwksUrl;
  }

  /** @throws KeysUnavailable; JOSEError where the token names no usable key */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.current();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (!(await this.lookForNewer(keys))) throw error;
      return (await this.current())(header, token);
    }
  };

  private async current(): Promise<RemoteJWKSet> {
    if (this.keys === null) await this.load();
    else if (performance.now() - this.loadedAt > REFRESH_MS) {
      const loaded = this.load().catch(() => undefined);
      // While the issuer does not answer, nobody waits for it: the keys at hand are used on.
      if (!this.failed()) await loaded;
    }
    if (this.keys === null) throw new KeysUnavailable();
    return this.keys;
  }

  /** Whether there are newer keys than these now. */
  private async lookForNewer(keys: RemoteJWKSet): Promise<boolean> {
    const now = performance.now();
    if (this.keys !== keys) return true;
    // Whether a key has come since is unknown while the issuer does not answer.
    if (this.loading === null && !this.failed() && now - this.unknownAt < UNKNOWN_KEY_MS) return false;
    this.unknownAt = now;
    await this.load();
    return true;
  }

  private failed(): boolean {
    return this.failedAt > this.loadedAt;
  }

  /** One fetch at a time, and none right after one that failed. */
  private load(): Promise<void> {
    if (this.loading !== null) return this.loading;
    if (performance.now() - this.failedAt < RETRY_MS) return Promise.reject(new KeysUnavailable());
    this.loading = this.fetch().finally(() => (this.loading = null));
    return this.loading;
  }

  private async fetch(): Promise<void> {
    try {
      const keys = remoteKeys(this.settings.jwksUrl ?? (await discover(this.settings.issuer)));
      await keys.reload();
      this.keys = keys;
      this.loadedAt = performance.now();
    } catch (error) {
      this.failedAt = performance.now();
      this.logger.warn(`The keys of the token issuer cannot be had: ${reasonOf(error)}`);
      throw new KeysUnavailable();
    }
  }
}

/** When to fetch is decided above: jose would give up good keys because of their age. */
function remoteKeys(url: string): RemoteJWKSet {
  return createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_MS,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
    [customFetch]: fetchDocument,
  });
}

/** OpenID Connect Discovery 1.0, section 4. */
async function discover(issuer: string): Promise<string> {
  const response = await fetchDocument(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    headers: { accept: 'application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(FETCH_MS),
  });
  if (response.status !== 200) throw new Error(`discovery was answered with status ${response.status}`);
  const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown } | null;
  if (document?.issuer !== issuer) throw new Error('the discovery document names another issuer');
  const { jwks_uri: url } = document;
  const sameTrust = typeof url === 'string' && isTrustedUrl(url) && (/^https:/i.test(url) || /^http:/i.test(issuer));
  if (!sameTrust) throw new Error('the discovery document has no jwks_uri that can be trusted');
  return url;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? `${error.message} (${code})` : error.message;
}

/** Larger documents are no key sets, in bytes after decompression. */
const MAX_BYTES = 256 * 1024;

/** `fetch` that reads a bounded body before it returns; a reply other than 200 is returned unread. @throws Error */
async function fetchDocument(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    return response;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error(`the document is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: 200 });
}
