import { createHash, randomBytes } from 'node:crypto';

export interface KeyRights {
  readonly regions?: readonly string[] | 'any';
  readonly projects?: readonly string[] | 'any';
  readonly instances?: readonly string[] | 'any';
  readonly providers?: readonly string[] | 'any';
}

/** A key and its entry in the configuration; may ask about anything that is not restricted here. */
export function newApiKey(id: string, rights: KeyRights = {}) {
  const key = randomBytes(32).toString('base64');
  const sha256 = createHash('sha256').update(key).digest('hex');
  const any = { regions: 'any', projects: 'any', instances: 'any', providers: 'any' };
  return { key, entry: { id, sha256, ...any, ...rights } };
}
