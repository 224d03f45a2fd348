import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cacheDirectives } from './task-request.js';

const NOTHING = { reload: false, onlyIfCached: false, noStore: false, maxAgeSeconds: null, observedSince: null };

describe('cacheDirectives', () => {
  it.each([
    [undefined, {}],
    ['', {}],
    ['no-cache', { reload: true }],
    ['No-Cache', { reload: true }],
    ['no-store', { reload: true, noStore: true }],
    ['only-if-cached', { onlyIfCached: true }],
    ['max-age=0', { reload: true, maxAgeSeconds: 0 }],
    ['max-age=60', { maxAgeSeconds: 60 }],
    ['max-age="60"', { maxAgeSeconds: 60 }],
    [' max-age = 60 ,  no-transform', { maxAgeSeconds: 60 }],
    ['max-age=60, no-cache', { reload: true, maxAgeSeconds: 60 }],
    ['max-age', {}],
    ['max-age=', {}],
    ['max-age=-1', {}],
    ['max-age=1.5', {}],
    ['max-age=1e3', {}],
    ['max-age=99999999999', {}],
    ['max-stale=60, min-fresh=5, no-transform, private', {}],
    ['xno-cache, no-cachex', {}],
    ['"no-cache"', {}],
    ['constructor, __proto__=1', {}],
  ])('%p', (field, expected) => {
    expect(cacheDirectives(field)).toEqual({ ...NOTHING, ...expected });
  });

  it('does not depend on the order, on blanks or on what it does not know', () => {
    const known = ['no-cache', 'no-store', 'only-if-cached', 'max-age=7'];
    const unknown = fc.stringMatching(/^x-[a-z]{1,8}(=[a-z0-9]{1,4})?$/);
    fc.assert(
      fc.property(
        fc.subarray(known),
        fc.array(unknown),
        fc.constantFrom(',', ', ', ' ,\t', ',,'),
        fc.infiniteStream(fc.nat()),
        (chosen, others, comma, ranks) => {
          const mixed = [...chosen, ...others].map((text) => ({ text, rank: ranks.next().value as number }));
          const field = mixed
            .toSorted((one, other) => one.rank - other.rank)
            .map(({ text }) => text)
            .join(comma);
          expect(cacheDirectives(field)).toEqual(cacheDirectives(chosen.join(',')));
        },
      ),
    );
  });

  it('reads anything', () => {
    fc.assert(
      fc.property(fc.string(), (field) => {
        const { maxAgeSeconds, noStore, reload } = cacheDirectives(field);
        expect(maxAgeSeconds === null || Number.isSafeInteger(maxAgeSeconds)).toBe(true);
        if (noStore) expect(reload).toBe(true);
      }),
    );
  });
});
