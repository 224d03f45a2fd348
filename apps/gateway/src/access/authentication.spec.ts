import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Principals } from './authentication.js';

const SECRET = 'a-secret-of-at-least-32-characters';

describe('a principal', () => {
  it('is a keyed hash that replicas with one secret agree on', () => {
    const expected = createHmac('sha256', SECRET).update('["token","abc"]').digest('base64url');
    expect(new Principals(SECRET).of('token', 'abc')).toBe(expected);
  });

  it('means nothing elsewhere without a secret', () => {
    expect(new Principals(undefined).of('token', 'abc')).not.toBe(new Principals(undefined).of('token', 'abc'));
  });

  it('is the same for the same credential only, however its parts are cut', () => {
    const principals = new Principals(SECRET);
    const part = fc.option(fc.string({ maxLength: 4 }), { nil: null });
    const parts = fc.array(part, { maxLength: 3 });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(principals.of('jwt', ...one) === principals.of('jwt', ...other)).toBe(same);
      }),
    );
  });
});
