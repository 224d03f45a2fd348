import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { requestId, traceparent } from './request-context.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MADE = /^00-(?!0+-)[0-9a-f]{32}-(?!0+-)[0-9a-f]{16}-00$/;
const hex = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
    .map((digits) => digits.map((digit) => digit.toString(16)).join(''));
const named = (value: string | readonly string[] | undefined) => ({ headers: { 'x-request-id': value as string } });

describe('requestId', () => {
  it('takes over what is well formed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9._~-]{1,128}$/), (id) => expect(requestId(named(id))).toBe(id)),
    );
  });

  it('replaces everything else', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        fc.pre(!/^[A-Za-z0-9._~-]{1,128}$/.test(id));
        expect(requestId(named(id))).toMatch(UUID);
      }),
    );
    for (const id of [undefined, ['one', 'two'], 'a'.repeat(129), 'a\n', 'a\r\nx: y'])
      expect(requestId(named(id))).toMatch(UUID);
  });
});

describe('traceparent', () => {
  it('takes over what is well formed', () => {
    fc.assert(
      fc.property(hex(32), hex(16), hex(2), (trace, parent, flags) => {
        fc.pre(/[^0]/.test(trace) && /[^0]/.test(parent));
        const given = `00-${trace}-${parent}-${flags}`;
        expect(traceparent({ headers: { traceparent: given } })).toBe(given);
        expect(traceparent({ headers: { traceparent: `${given}-x` } })).toMatch(MADE);
        expect(traceparent({ headers: { traceparent: `01${given.slice(2)}-x` } })).toBe(`01${given.slice(2)}-x`);
        expect(traceparent({ headers: { traceparent: `ff${given.slice(2)}` } })).toMatch(MADE);
      }),
    );
  });

  it('makes one for everything else, and never the same', () => {
    fc.assert(
      fc.property(fc.string(), (given) => expect(traceparent({ headers: { traceparent: given } })).toMatch(MADE)),
    );
    expect(traceparent({ headers: {} })).not.toBe(traceparent({ headers: {} }));
  });
});
