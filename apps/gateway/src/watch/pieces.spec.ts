import { describe, expect, it } from '@jest/globals';
import { Pieces } from './pieces.js';

/** Callers that have their turn before it is time to rest. */
function callersOf(pieces: Pieces): number {
  for (let callers = 1; callers <= 1_000; callers += 1) if (pieces.count()) return callers;
  return Infinity;
}

describe('Pieces', () => {
  it('ends a piece after a hundred callers at most, however fast they are', () => {
    expect(callersOf(new Pieces())).toBeLessThanOrEqual(100);
  });

  it('lets others have their turn, and begins another one', async () => {
    const pieces = new Pieces();
    callersOf(pieces);
    const order: string[] = [];
    setImmediate(() => order.push('another'));
    await pieces.rest();
    order.push('next piece');
    expect(order).toEqual(['another', 'next piece']);
    expect(callersOf(pieces)).toBeLessThanOrEqual(100);
  });
});
