/** How long something stored may be used. */
export interface Freshness {
  /** Epoch milliseconds. */
  readonly freshUntil: number;
  /** Ids of the latest purges when it was asked for, see {@link Purges}. */
  readonly epoch: string;
}

export interface Lifetime extends Freshness {
  /** Epoch milliseconds, not before `freshUntil`: until when it is kept, and may be served when the upstream is down. */
  readonly keptUntil: number;
}

/**
 * Whether what was asked for in one epoch was asked for after every purge of another. A later purge than the other knows
 * is fine, and so is one that it has forgotten.
 */
export function isSince(stored: string, present: string): boolean {
  if (stored === present || present === '') return true;
  const ids = stored.split('.');
  return present.split('.').every((id, index) => (ids[index] ?? '') >= id);
}

/**
 * Whether something stored may be used without asking: its time is not over, and no purge has come since. The scripts in
 * Redis decide by the same rule; a spec holds them to it.
 * @param now epoch milliseconds
 * @param present the epoch of now; left out where that was compared already
 */
export function isFresh({ freshUntil, epoch }: Freshness, now: number, present = ''): boolean {
  return freshUntil > now && isSince(epoch, present);
}

/** Whether one answer about a task stays when another comes: final before unfinished, then the one observed later. */
export function isBetter<Answer extends { readonly final: boolean; readonly observedAt: number }>(
  present: Answer,
  other: Answer,
): boolean {
  if (present.final !== other.final) return present.final;
  return present.observedAt > other.observedAt;
}
