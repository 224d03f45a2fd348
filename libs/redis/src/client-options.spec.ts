import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { reconnectDelay } from './client-options.js';

describe('reconnectDelay', () => {
  it('grows to five seconds and is spread over its upper half', () => {
    const spread = (attempt: number): number[] => [
      reconnectDelay(attempt, () => 0),
      reconnectDelay(attempt, () => 0.999999),
    ];
    expect([1, 2, 3, 8, 5_000].map(spread)).toEqual([
      [25, 50],
      [50, 100],
      [100, 200],
      [2_500, 5_000],
      [2_500, 5_000],
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (attempt) => {
        const delay = reconnectDelay(attempt);
        expect(delay).toBeGreaterThanOrEqual(25);
        expect(delay).toBeLessThanOrEqual(5_000);
      }),
    );
  });
});
