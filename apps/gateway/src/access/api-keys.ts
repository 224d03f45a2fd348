import { hash, timingSafeEqual } from 'node:crypto';
import type { ApiKeySettings, GrantedNames } from '../config/access-config.js';
import { grantOf } from './access-policy.js';
import type { Grant } from './access-policy.js';

interface KnownKey {
  /** Hex digits. */
  readonly hash: Buffer;
  readonly grant: Grant;
}

/** Digits of the key that is looked for: a buffer for each request would cost ten times its hash. */
const digits = Buffer.alloc(64);

/** A key that is known. */
interface FoundKey {
  /** SHA-256 of the key in hex. */
  readonly fingerprint: string;
  readonly grant: Grant;
}

/** The configured keys. None of them is kept, only their hashes. */
export class ApiKeys {
  private readonly known: readonly KnownKey[];

  constructor(settings: readonly ApiKeySettings[]) {
    this.known = settings.map((key) => ({
      hash: Buffer.from(key.sha256.toLowerCase(), 'latin1'),
      grant: grantedBy(key),
    }));
  }

  /** Takes the same time whichever key it is, if any: all are compared, and each in constant time. */
  find(key: string): FoundKey | null {
    const fingerprint = hash('sha256', key);
    digits.write(fingerprint, 'latin1');
    let found: Grant | null = null;
    for (const known of this.known) if (timingSafeEqual(known.hash, digits)) found = known.grant;
    return found === null ? null : { fingerprint, grant: found };
  }
}

/** What the owner of a key may ask about. */
export function grantedBy(key: ApiKeySettings): Grant {
  return grantOf(key, namesOf);
}

function namesOf(names: GrantedNames): readonly string[] | null {
  return names === 'any' ? null : names;
}
