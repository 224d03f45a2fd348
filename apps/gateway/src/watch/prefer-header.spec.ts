import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { waitPreference } from './prefer-header.js';

describe('the wait that a Prefer field asks for', () => {
  it.each([
    ['wait=20', 20],
    ['wait="20"', 20],
    ['WaIt=20', 20],
    ['wait=007', 7],
    ['wait \t=\t 20', 20],
    ['wait=20; why="a, wait=9"; x ;; y = z', 20],
    ['wait="2\\0"', 20],
    ['respond-async, wait=20', 20],
    [',, ,wait=20,, ', 20],
    ['note="wait=3, \\", wait=4", wait=20', 20],
    ['note="é\\é", wait=20', 20],
    ['wait=9999999999', 9_999_999_999],
    // Of several the first counts.
    ['wait=20, wait=5', 20],
    // What is malformed beside it is passed over.
    ['not a preference, =, wait=20', 20],
  ])('%s: %d seconds', (field, seconds) => {
    expect(waitPreference(field)).toBe(seconds);
  });

  it.each([
    '',
    ',',
    'respond-async',
    'wait',
    'wait=',
    'wait=""',
    'wait=0',
    'wait=000',
    'wait=-1',
    'wait=+1',
    'wait=1.5',
    'wait=1e1',
    'wait=0x10',
    'wait=soon',
    'wait="1 "',
    'wait=20s',
    'wait=20 s',
    'wait 20',
    'wait=20=20',
    'wait=20; =x',
    'wait=20; x=',
    'wait=20; "x"',
    'wait="20',
    'wait=20; x="',
    'wait=20; x="\\',
    "wait='20'",
    'wait=²',
    'wait=99999999999',
    'waits=20',
    'wait.x=20',
    'x-wait=20',
    'note; wait=20',
    'note="a, wait=20',
    'note="a, wait=20, b\\',
    // Malformed, and yet the first.
    'wait, wait=5',
    'wait=x, wait=5',
    'wait=0, wait=5',
    'wait 1, wait=5',
    'wait="1, wait=5',
  ])('%j: none', (field) => {
    expect(waitPreference(field)).toBeNull();
  });

  it('no field: none', () => {
    expect(waitPreference(undefined)).toBeNull();
  });

  it('whatever the grammar allows: is the value of the first preference of that name', () => {
    const space = fc.constantFrom('', '', ' ', '\t', ' \t ');
    const token = fc.string({ unit: fc.constantFrom(..."aZ09!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 5 });
    const character = fc.tuple(fc.constantFrom(...'\t a,;="\\0é'), fc.boolean());
    const quoted = fc.array(character, { maxLength: 6 }).map((characters) => ({
      text: `"${characters.map(([one, escaped]) => (escaped || /["\\]/.test(one) ? `\\${one}` : one)).join('')}"`,
      value: characters.map(([one]) => one).join(''),
    }));
    const seconds = fc.nat(100_000).map(String);
    const plain = fc.oneof(seconds, token).map((value) => ({ text: value, value }));
    const word = fc.oneof(
      plain,
      quoted,
      seconds.map((value) => ({ text: `"${value}"`, value })),
    );
    const name = fc.oneof(fc.constantFrom('wait', 'Wait', 'WAIT', 'waits', 'respond-async'), token);
    const named = fc.tuple(name, space, space, fc.option(word)).map(([key, before, after, given]) => ({
      name: key.toLowerCase(),
      value: given?.value ?? '',
      text: given === null ? key : `${key}${before}=${after}${given.text}`,
    }));
    const parameter = fc
      .tuple(space, space, fc.option(named))
      .map(([before, after, given]) => `${before};${given === null ? '' : `${after}${given.text}`}`);
    const preference = fc
      .tuple(named, fc.array(parameter, { maxLength: 3 }))
      .map(([one, parameters]) => ({ ...one, text: `${one.text}${parameters.join('')}` }));
    const member = fc.tuple(space, space, fc.option(preference, { freq: 4 }));
    fc.assert(
      fc.property(fc.array(member, { maxLength: 5 }), (members) => {
        const field = members.map(([before, after, given]) => `${before}${given?.text ?? ''}${after}`).join(',');
        const value = members.find(([, , given]) => given?.name === 'wait')?.[2]?.value ?? '';
        const expected = /^\d{1,10}$/.test(value) && Number(value) > 0 ? Number(value) : null;
        expect(waitPreference(field)).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
  });

  it('whatever comes: is a whole number above zero, or none', () => {
    const piece = fc.oneof(fc.constantFrom('wait', '=', '"', '\\', ',', ';', ' ', '5', '-', 'wait=5'), fc.string());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const seconds = waitPreference(pieces.join(''));
        expect(seconds === null || (Number.isSafeInteger(seconds) && seconds > 0)).toBe(true);
      }),
    );
  });
});
