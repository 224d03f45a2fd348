import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyResult } from 'jose';
import { LRUCache } from 'lru-cache';
import type { JwtSettings } from '../config/access-config.js';
import { grantOf } from './access-policy.js';
import type { Grant } from './access-policy.js';
import { IssuerKeys, KeysUnavailable } from './issuer-keys.js';

/** Who a good token speaks for. */
export interface Bearer {
  readonly issuer: string;
  readonly subject: string;
  readonly tenant: string | null;
  readonly grant: Grant;
  /** Epoch milliseconds from which on the token is refused: its end, and what clocks may differ by. */
  readonly endsAt: number;
  /** What was verified, and the keys that it was verified with. */
  readonly verified: Pick<JWTVerifyResult, 'payload' | 'protectedHeader'>;
  readonly keys: IssuerKeys;
}

interface Remembered {
  readonly bearer: Bearer;
  /** Milliseconds of the epoch. */
  readonly until: number;
}

/** Tokens that were verified are not verified again for so long, or until they expire. */
const REMEMBERED_MS = 5 * 60_000;
const REMEMBERED_TOKENS = 10_000;
/** Length of all remembered tokens together: what is kept of one is never longer than itself. */
const REMEMBERED_LENGTH = 16 * 1024 * 1024;
/** An access token (RFC 9068), or no telling type at all (RFC 8725, section 3.11). */
const TYPES: readonly unknown[] = [undefined, 'jwt', 'at+jwt'];

class TokenRefused extends Error {}

/** Checks bearer tokens (RFC 7519, RFC 8725) and remembers the good ones by their digest. */
export class BearerTokens {
  private readonly logger = new Logger('Access');
  private readonly good = new LRUCache<string, Remembered>({
    max: REMEMBERED_TOKENS,
    maxSize: REMEMBERED_LENGTH,
  });

  /** @param keys of the issuer of these settings */
  constructor(
    private readonly settings: JwtSettings,
    private readonly keys: IssuerKeys,
  ) {}

  /** Null for a token that is not good, whatever the reason. A promise only where the token has to be verified. @throws KeysUnavailable */
  check(token: string): Bearer | Promise<Bearer | null> {
    const digest = createHash('sha256').update(token).digest('base64');
    const known = this.good.get(digest);
    if (known !== undefined && Date.now() < known.until) return known.bearer;
    return this.verify(token, digest);
  }

  /** What a token that was good under other settings is under these; null where it is not good. */
  readmit({ verified, keys }: Bearer): Bearer | null {
    const { audience, algorithms } = this.settings;
    const { payload, protectedHeader } = verified;
    const isAddressed = [payload.aud].flat().includes(audience);
    if (keys !== this.keys || !isAddressed || !algorithms.includes(protectedHeader.alg)) return null;
    try {
      const now = Date.now();
      const bearer = this.bearerOf(verified, now);
      return now < bearer.endsAt ? bearer : null;
    } catch (error) {
      if (error instanceof TokenRefused) return null;
      throw error;
    }
  }

  private async verify(token: string, digest: string): Promise<Bearer | null> {
    const { issuer, audience, algorithms, clockToleranceSeconds } = this.settings;
    try {
      const now = Date.now();
      const verified = await jwtVerify(token, this.keys.find, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now),
        requiredClaims: ['exp', 'sub'],
      });
      const bearer = this.bearerOf(verified, now);
      const until = Math.min(bearer.endsAt, now + REMEMBERED_MS);
      this.good.set(digest, { bearer, until }, { size: token.length });
      return bearer;
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      // Not for the caller; operators have to be able to find out.
      this.logger.debug(`A bearer token was refused: ${reasonOf(error)}`);
      return null;
    }
  }

  /** @throws TokenRefused for what the signature library leaves open */
  private bearerOf({ payload, protectedHeader }: Bearer['verified'], now: number): Bearer {
    const { claims, issuer, clockToleranceSeconds } = this.settings;
    const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, '');
    if (!TYPES.includes(type)) throw new TokenRefused('it is of another type');
    const { sub, iat, exp = 0 } = payload;
    if (typeof sub !== 'string' || sub === '') throw new TokenRefused('it has no subject');
    if (iat !== undefined && iat * 1000 > now + clockToleranceSeconds * 1000)
      throw new TokenRefused('it was issued in the future');
    const tenant = claims.tenant === undefined ? null : claimOf(payload, claims.tenant);
    if (tenant !== null && (typeof tenant !== 'string' || tenant === ''))
      throw new TokenRefused('it does not name its tenant');
    const grant = grantOf(claims, (claim) => namesOf(payload, claim));
    const endsAt = (exp + clockToleranceSeconds) * 1000;
    const verified = { payload, protectedHeader };
    return { issuer, subject: sub, tenant, grant, endsAt, verified, keys: this.keys };
  }
}

function claimOf(payload: JWTPayload, claim: string): unknown {
  return Object.hasOwn(payload, claim) ? payload[claim] : undefined;
}

/** Null for any; nothing where the claim is missing or is no list of names. */
function namesOf(payload: JWTPayload, claim: string): readonly string[] | null {
  if (claim === 'any') return null;
  const names = [claimOf(payload, claim)].flat();
  return names.every((name) => typeof name === 'string') ? names : [];
}

/** Never the token, and none of its values: codes and names of claims. */
function reasonOf(error: unknown): string {
  if (error instanceof TokenRefused) return error.message;
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
    return `${error.code} (${error.claim})`;
  return error instanceof errors.JOSEError ? error.code : 'it cannot be read';
}
