import type { FillLocks } from '../fill-locks.js';
import type { NegativeEntries } from '../negative-entries.js';
import type { TaskCache } from '../task-cache.js';
import type { TaskStore } from '../task-store.js';

interface CacheInternals {
  readonly tasks: TaskStore;
  readonly negatives: NegativeEntries;
  readonly locks: FillLocks;
}

/** Parts of a cache that nobody but its own code uses. */
export function inside(cache: TaskCache): CacheInternals {
  return cache as unknown as CacheInternals;
}
