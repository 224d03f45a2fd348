import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { SCHEMA_VERSION } from './keys.js';

/** Base64url of 144 bits: no bits are left over, so there is one text for each. */
const MAC_LENGTH = 24;

/**
 * Vouches for what lies in Redis: HMAC-SHA256 over the name and the text (RFC 2104), under a key derived for nothing else
 * (HKDF, RFC 5869). Without a secret it is CRC-32: against accidents, not against forgers.
 */
export class Seal {
  /** Whether a text that {@link fits} was written by who knows the secret. */
  readonly isKeyed: boolean;
  private readonly key: KeyObject | null;
  private readonly scope: string;

  /**
   * @param secret that all replicas share; null where there is none
   * @param prefix of the names in Redis: gateways that differ in it do not believe each other
   */
  constructor(secret: string | null, prefix: string) {
    const derived = (purpose: string, bytes: number): Buffer =>
      Buffer.from(hkdfSync('sha256', secret ?? '', prefix, `task-gateway redis ${purpose} v${SCHEMA_VERSION}`, bytes));
    this.isKeyed = secret !== null;
    this.key = secret === null ? null : createSecretKey(derived('seal', 32));
    this.scope = secret === null ? '' : `:${derived('name', 6).toString('base64url')}`;
  }

  /** The name in Redis of what only replicas with this secret use. */
  own(name: string): string {
    return name + this.scope;
  }

  of(name: string, text: string): string {
    if (this.key === null) return crc32(text).toString(16).padStart(8, '0');
    // One update: each costs as much as to hash half a kilobyte.
    return createHmac('sha256', this.key).update(`${name}\n${text}`).digest('base64url').slice(0, MAC_LENGTH);
  }

  /** Whether the seal is of this text under this name. Takes the same time wherever a seal of the right length differs. */
  fits(seal: string, name: string, text: string): boolean {
    const [given, expected] = [Buffer.from(seal), Buffer.from(this.of(name, text))];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
