import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matchesEtag } from './task-reply.js';

/** Characters that may stand in an entity tag (RFC 9110, 8.8.3). */
const opaque = fc.string({
  unit: fc.constantFrom(
    ...Array.from({ length: 0x5d }, (_, at) => String.fromCharCode(0x21 + at)).filter((it) => it !== '"'),
  ),
  maxLength: 30,
});
const tag = fc.tuple(fc.constantFrom('', 'W/'), opaque).map(([weak, text]) => `${weak}"${text}"`);
const blank = fc.constantFrom('', ' ', '\t', '  ');
const separator = fc.tuple(blank, fc.constantFrom(',', ',,', ', ,'), blank).map((parts) => parts.join(''));
const plain = (text: string): string => text.replace(/^W\//, '');

function list(tags: readonly string[], separators: readonly string[]): string {
  return tags.map((text, at) => (at === 0 ? text : `${separators[at - 1] ?? ','}${text}`)).join('');
}

describe('matchesEtag', () => {
  it('finds a tag wherever it stands in a list, however weak or strong', () => {
    fc.assert(
      fc.property(
        fc.array(tag),
        tag,
        fc.array(tag),
        fc.array(separator),
        fc.boolean(),
        (before, wanted, after, separators, weak) => {
          const field = list([...before, wanted, ...after], separators);
          expect(matchesEtag(field, `${weak ? 'W/' : ''}${plain(wanted)}`)).toBe(true);
        },
      ),
    );
  });

  it('finds no tag that is not in the list', () => {
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1 }), fc.array(separator), tag, (tags, separators, wanted) => {
        fc.pre(!tags.map(plain).includes(plain(wanted)));
        expect(matchesEtag(list(tags, separators), wanted)).toBe(false);
      }),
    );
  });

  it('takes a star for every tag, and a star in quotes for none', () => {
    fc.assert(
      fc.property(tag, blank, blank, (wanted, before, after) => {
        expect(matchesEtag(`${before}*${after}`, wanted)).toBe(true);
        expect(matchesEtag('"*"', wanted)).toBe(plain(wanted) === '"*"');
      }),
    );
  });

  it.each([
    undefined,
    '',
    ' ',
    ',',
    ', ,',
    'W/',
    '"',
    'abc',
    '*, "abc"',
    '"abc',
    'abc"',
    'w/"abc"',
    '"abc" "abc"',
    'W/ "abc"',
    '"abc";',
  ])('%p matches nothing', (field) => {
    expect(matchesEtag(field, 'W/"abc"')).toBe(false);
  });

  it('never throws, whatever stands in the field', () => {
    fc.assert(fc.property(fc.string(), (field) => void matchesEtag(field, 'W/"abc"')));
  });

  it.each([' ', ',', '"', '""', 'W/', '"a"', '"a",', '"a" ', '"a" ,', '" '])('reads 64 KiB of %p at once', (piece) => {
    const field = `${piece.repeat(Math.ceil(65_536 / piece.length))}x`;
    expect(matchesEtag(field, 'W/"abc"')).toBe(false);
  });
});
