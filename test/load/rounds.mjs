/** @returns {{median: number, min: number, max: number}} */
export function spread(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/**
 * Measures everything once, then everything again: what disturbs the machine for a while disturbs all alike.
 * Each round begins with another one, so that nobody always follows the same neighbour.
 * @param measure called with an item and the number of the round, from 0
 * @returns {Promise<Map<item, sample[]>>} samples in the order of the rounds
 */
export async function interleaved(items, rounds, measure) {
  const samples = new Map(items.map((item) => [item, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const offset of items.keys()) {
      const item = items[(round + offset) % items.length];
      samples.get(item).push(await measure(item, round));
    }
  return samples;
}

/** The ratios to a base, each taken within one round. */
export function ratios(samples, base, member) {
  return spread(samples.map((sample, round) => sample[member] / base[round][member]));
}
