import { hash, timingSafeEqual } from 'node:crypto';
import type { ApiKeySettings, GrantedNames } from '../config/access-config.js';
import type { Grant } from './access-policy.js';

interface KnownKey {
  readonly hash: Buffer;
  readonly grant: Grant;
}

/** A key that is known. */
export interface FoundKey {
  /** SHA-256 of the key in hex. */
  readonly fingerprint: string;
  readonly grant: Grant;
}

/** The configured keys. None of them is kept, only their hashes. */
export class ApiKeys {
  private readonly known: readonly KnownKey[];

  constructor(settings: readonly ApiKeySettings[]) {
    this.known = settings.map(({ sha256, regions, projects, instances, providers }) => ({
      hash: Buffer.from(sha256, 'hex'),
      grant: {
        kind: 'policy',
        policy: {
          regions: namesOf(regions),
          projects: namesOf(projects),
          instances: namesOf(instances),
          providers: namesOf(providers),
        },
      },
    }));
  }

  /** Takes the same time whichever key it is, if any: all are compared, and each in constant time. */
  find(key: string): FoundKey | null {
    const digest = hash('sha256', key, 'buffer');
    let found: Grant | null = null;
    for (const known of this.known) if (timingSafeEqual(known.hash, digest)) found = known.grant;
    return found === null ? null : { fingerprint: digest.toString('hex'), grant: found };
  }
}

function namesOf(names: GrantedNames): readonly string[] | null {
  return names === 'any' ? null : names;
}
