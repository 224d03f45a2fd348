import { Problem } from '@gateway/problems';
import { mayAsk } from './access-policy.js';
import type { AccessTarget } from './access-policy.js';
import type { Caller } from './caller.js';

/**
 * With `own-token` only regions that are asked with the caller's token can prove anything: what the gateway's own
 * credentials read is nobody's by a token that was never shown to the cloud. Says the same whatever exists or is stored: it is asked before either is looked at.
 * @throws Problem `permission-denied`
 */
export function authorize({ grant }: Caller, target: AccessTarget, asksWithOwnToken: boolean): void {
  if (mayAsk(grant, target) && (asksWithOwnToken || grant.kind !== 'own-token')) return;
  const detail = 'Your credentials do not allow asking about tasks of this provider in this scope.';
  throw new Problem('permission-denied', { detail, provider: target.provider });
}
