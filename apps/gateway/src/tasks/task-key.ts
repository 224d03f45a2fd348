import type { TaskKey } from '@gateway/cache';
import type { LookupTarget } from '@gateway/upstream';

/** What is stored about a target is found by this. */
export function keyOf({ provider, region, projectId, instanceId, id }: Omit<LookupTarget, 'endsAt'>): TaskKey {
  return { provider: provider.id, region, projectId, instanceId, id };
}
