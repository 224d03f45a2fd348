import { describe, expect, it } from '@jest/globals';
import { CallerLimits } from './caller-limits.js';

describe('CallerLimits', () => {
  it('caller with as many as are allowed: refused, others not', () => {
    const limits = new CallerLimits(2, 10);
    expect([limits.enter('a'), limits.enter('a'), limits.enter('a'), limits.enter('b')]).toEqual([
      'entered',
      'entered',
      'caller',
      'entered',
    ]);
    expect(limits.size).toBe(3);
  });

  it('process with as many as are allowed: everybody refused', () => {
    const limits = new CallerLimits(2, 2);
    limits.enter('a');
    limits.enter('b');
    expect([limits.enter('a'), limits.enter('c')]).toEqual(['process', 'process']);
  });

  it('place given back: free for the caller and for others', () => {
    const limits = new CallerLimits(1, 1);
    limits.enter('a');
    limits.leave('a');
    expect([limits.size, limits.enter('b')]).toEqual([0, 'entered']);
    limits.leave('b');
    expect(limits.enter('a')).toBe('entered');
  });
});
