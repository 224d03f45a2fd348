import type { TaskKey } from '@gateway/cache';
import type { LookupTarget } from '@gateway/upstream';

type Target = Omit<LookupTarget, 'endsAt'>;

const keys = new WeakMap<Target, TaskKey>();

/** What is stored about a target is found by this: one key for each target, so that what is written of it is kept. */
export function keyOf(target: Target): TaskKey {
  const known = keys.get(target);
  if (known !== undefined) return known;
  const { provider, region, projectId, instanceId, id } = target;
  const key = { provider: provider.id, region, projectId, instanceId, id };
  keys.set(target, key);
  return key;
}
