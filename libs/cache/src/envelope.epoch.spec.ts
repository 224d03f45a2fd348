import { describe, expect, it } from '@jest/globals';
import { isSince } from './envelope.js';

describe('isSince', () => {
  it.each([
    ['', '', true],
    ['', 'b..', false],
    ['b..', '', true],
    ['b..', 'b..', true],
    ['a..', 'b..', false],
    ['c..', 'b..', true],
    ['b..', '.b.', false],
    ['b.c.', 'b.b.', true],
    ['b.c.d', 'b.c.e', false],
    ['b.c.d', 'b.c.d.e', false],
    ['...e', 'b..', false],
    ['b..', '...e', false],
    ['b...e', '...e', true],
  ])('%j after %j: %s', (stored, present, expected) => {
    expect(isSince(stored, present)).toBe(expected);
  });
});
