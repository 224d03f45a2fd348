import type { Clock } from '../clock.js';

const FAILURES = 5;
const WINDOW_MS = 5 * 60_000;
const MAX_KEYS = 1_000;

/** Refuses access keys that were used wrongly five times in a row within five minutes, for the next five minutes. */
export interface Lockout {
  readonly isLocked: (access: string) => boolean;
  readonly fail: (access: string) => void;
  readonly succeed: (access: string) => void;
  readonly reset: () => void;
}

export function createLockout(clock: Clock): Lockout {
  const failures = new Map<string, readonly number[]>();
  return {
    isLocked(access) {
      const times = failures.get(access) ?? [];
      const first = times.at(-FAILURES);
      const last = times.at(-1);
      return first !== undefined && last !== undefined && last - first <= WINDOW_MS && clock.now() - last < WINDOW_MS;
    },
    fail(access) {
      const recent = (failures.get(access) ?? []).filter((time) => clock.now() - time < WINDOW_MS);
      failures.set(access, [...recent, clock.now()].slice(-FAILURES));
      const oldest = failures.size > MAX_KEYS ? failures.keys().next().value : undefined;
      if (oldest !== undefined) failures.delete(oldest);
    },
    succeed: (access) => void failures.delete(access),
    reset: () => failures.clear(),
  };
}
