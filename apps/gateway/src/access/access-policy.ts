import { Problem } from '@gateway/problems';

/** What a caller may ask about; null means any. */
interface AccessPolicy {
  readonly regions: readonly string[] | null;
  readonly projects: readonly string[] | null;
  readonly instances: readonly string[] | null;
  readonly providers: readonly string[] | null;
}

/** How far the gateway itself trusts a caller. */
export type Grant =
  | { readonly kind: 'everything' }
  | { readonly kind: 'policy'; readonly policy: AccessPolicy }
  /** Nothing but what the caller's cloud token proves. */
  | { readonly kind: 'own-token' };

/** The grant of one configured or claimed set of names for each part of a scope. @param read null for any */
export function grantOf<Names>(
  names: Readonly<Record<keyof AccessPolicy, Names>>,
  read: (names: Names) => readonly string[] | null,
): Grant {
  const { regions, projects, instances, providers } = names;
  const policy = {
    regions: read(regions),
    projects: read(projects),
    instances: read(instances),
    providers: read(providers),
  };
  return { kind: 'policy', policy };
}

/** What is asked about; a null member is unused by the provider, or not known yet. */
interface AccessTarget {
  readonly provider: string;
  readonly region: string | null;
  readonly projectId: string | null;
  readonly instanceId: string | null;
}

/** Whether the gateway lets a caller ask. With `own-token` it is the cloud that answers, to the caller's token. */
export function mayAsk(grant: Grant, { provider, region, projectId, instanceId }: AccessTarget): boolean {
  if (grant.kind !== 'policy') return true;
  const { regions, projects, instances, providers } = grant.policy;
  return (
    permits(providers, provider) &&
    permits(regions, region) &&
    permits(projects, projectId) &&
    permits(instances, instanceId)
  );
}

function permits(allowed: readonly string[] | null, value: string | null): boolean {
  return allowed === null || value === null || allowed.includes(value);
}

/**
 * Says the same whatever exists or is stored: it is asked before either is looked at.
 * @param provable whether the cloud can be shown the caller's token: with `own-token` nothing else proves anything
 * @throws Problem `permission-denied`
 */
export function authorize({ grant }: { readonly grant: Grant }, target: AccessTarget, provable: boolean): void {
  if (mayAsk(grant, target) && (provable || grant.kind !== 'own-token')) return;
  const detail = 'Your credentials do not allow asking about tasks of this provider in this scope.';
  throw new Problem('permission-denied', { detail, provider: target.provider });
}
