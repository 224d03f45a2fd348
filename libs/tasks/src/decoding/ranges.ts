import type { Spelled } from './spelled.js';

/** From the first place to the one behind the last. */
export type Range = readonly [number, number];

/** Where in the original a range of a decoded text is spelled. */
export function inOriginal({ starts, ends }: Spelled, [from, to]: Range): Range {
  return [starts?.[from] ?? from, ends?.[to - 1] ?? to];
}

/** Ranges in order; those that touch are one. */
export function joined(ranges: readonly Range[]): readonly Range[] {
  const whole: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((one, other) => one[0] - other[0])) {
    const last = whole.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else whole.push([from, to]);
  }
  return whole;
}
