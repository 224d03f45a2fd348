import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BatchRoom } from './batch-body.js';

/** Places without room, once all is known. */
function withdrawn(bytes: number, needs: readonly (readonly [place: number, bytes: number])[]): readonly number[] {
  const places: number[] = [];
  const room = new BatchRoom(bytes, (place) => void places.push(place));
  for (const [place, needed] of needs) room.take(place, needed);
  return places;
}

describe('the room of a batch', () => {
  it('goes to the first tasks, and to later ones that fit into what is left', () => {
    const needs = [8, 7, 2, 4, 1].map((bytes, place) => [place, bytes] as const);
    expect(withdrawn(16, needs)).toEqual([2, 3]);
    expect(withdrawn(14, needs)).toEqual([1, 4]);
    expect(withdrawn(7, needs)).toEqual([0, 2, 3, 4]);
  });

  it('is taken from later tasks when an earlier one becomes known', () => {
    expect(
      withdrawn(16, [
        [2, 10],
        [3, 2],
        [0, 8],
        [1, 8],
      ]),
    ).toEqual([2, 3]);
  });

  it('is never given twice, and never taken from the first, whatever comes when', () => {
    const needs = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
    const shuffled = needs.chain((bytes) =>
      fc.shuffledSubarray(
        bytes.map((needed, place) => [place, needed] as const),
        { minLength: bytes.length },
      ),
    );
    fc.assert(
      fc.property(shuffled, (all) => {
        const out = withdrawn(50, all);
        expect(new Set(out).size).toBe(out.length);
        const kept = all.filter(([place]) => !out.includes(place));
        expect(kept.reduce((sum, [, needed]) => sum + needed, 0)).toBeLessThanOrEqual(50);
        expect(out).not.toContain(0);
      }),
    );
  });
});
