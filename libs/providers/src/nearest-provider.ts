import type { Provider } from '@gateway/tasks';

/** The ids that a name was probably meant to be: the nearest ones, in their order; none where no id is near. */
export function nearestProviders(name: string, providers: readonly Pick<Provider, 'id'>[]): readonly string[] {
  const typed = name.toLowerCase();
  const near = providers
    .map(({ id }) => ({ id, distance: distanceBetween(typed, id, allowed(id)) }))
    .filter(({ id, distance }) => distance <= allowed(id));
  const least = Math.min(...near.map(({ distance }) => distance));
  return near.filter(({ distance }) => distance === least).map(({ id }) => id);
}

/** One slip for each three letters: of names as short as `ecs`, two make another name. */
function allowed(id: string): number {
  return Math.max(1, Math.floor(id.length / 3));
}

/**
 * Letters to add, drop, replace, or swap with their neighbour (optimal string alignment); anything above `most` where it is
 * above that.
 */
function distanceBetween(one: string, other: string, most: number): number {
  // What callers type can be long.
  if (Math.abs(one.length - other.length) > most) return Infinity;
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped ? (before[j - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    [before, row] = [row, next];
  }
  return row[other.length] ?? 0;
}
