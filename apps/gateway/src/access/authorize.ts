import { Problem } from '@gateway/problems';
import { mayAsk } from './access-policy.js';
import type { AccessTarget } from './access-policy.js';
import type { Caller } from './caller.js';

/**
 * Says the same whatever exists or is stored: it is asked before either is looked at.
 * @param provable whether the cloud can be shown the caller's token: with `own-token` nothing else proves anything
 * @throws Problem `permission-denied`
 */
export function authorize({ grant }: Caller, target: AccessTarget, provable: boolean): void {
  if (mayAsk(grant, target) && (provable || grant.kind !== 'own-token')) return;
  const detail = 'Your credentials do not allow asking about tasks of this provider in this scope.';
  throw new Problem('permission-denied', { detail, provider: target.provider });
}
