import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseRetryAfter } from './upstream-failure.js';

const NOW = Date.parse('2026-11-21T08:00:00.500Z');
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** A time in the three forms of RFC 9110: IMF-fixdate, RFC 850, asctime. */
function forms(time: number): readonly string[] {
  const imf = new Date(time).toUTCString();
  const [, day = '', month = '', year = '', clock = ''] = imf.split(' ');
  const dayName = DAYS[new Date(time).getUTCDay()] ?? '';
  return [
    imf,
    `${dayName}, ${day}-${month}-${year.slice(2)} ${clock} GMT`,
    `${dayName.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${clock} ${year}`,
  ];
}

describe('Retry-After', () => {
  it.each<[string | null | undefined, number | null]>([
    ['0', 1],
    ['1', 1],
    [' 17 ', 17],
    ['007', 7],
    ['300', 300],
    ['301', 300],
    ['86400', 300],
    ['999999999999999', 300],
    ['1.2', 2],
    ['Sat, 21 Nov 2026 08:00:30 GMT', 30],
    ['Saturday, 21-Nov-26 08:00:30 GMT', 30],
    ['Sat Nov 21 08:00:30 2026', 30],
    ['Sun Nov  1 08:00:30 2026', 1],
    ['Sat, 21 Nov 2026 08:00:01 GMT', 1],
    ['Sat, 21 Nov 2026 08:00:02 GMT', 2],
    ['Sat, 21 Nov 2026 08:00:60 GMT', 60],
    ['Sun, 22 Nov 2026 08:00:00 GMT', 300],
    ['Sat, 21 Nov 2026 07:00:00 GMT', 1],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 1],
    ['Mon, 01 Jan 0001 00:00:00 GMT', 1],
    // Two digits: at most 50 years ahead, else the past.
    ['Sunday, 06-Nov-94 08:49:37 GMT', 1],
    ['Saturday, 21-Nov-76 08:00:00 GMT', 300],
    ['Monday, 21-Nov-77 08:00:00 GMT', 1],
    [null, null],
    [undefined, null],
    ['', null],
    ['-1', null],
    ['+5', null],
    ['1e3', null],
    ['0x10', null],
    ['5s', null],
    ['5, 6', null],
    ['Infinity', null],
    ['soon', null],
    ['2026-11-21T08:00:30Z', null],
    ['Sat, 21 Nov 2026 08:00:30', null],
    ['Sat, 21 Nov 2026 08:00:30 +0000', null],
    ['Sat, 31 Nov 2026 08:00:30 GMT', null],
    ['Sun, 29 Feb 2026 08:00:30 GMT', null],
    ['Sat, 00 Nov 2026 08:00:30 GMT', null],
    ['Sat, 21 Nov 2026 24:00:00 GMT', null],
    ['Sat, 21 Nov 2026 08:60:00 GMT', null],
    ['sat, 21 nov 2026 08:00:30 gmt', null],
  ])('%j: %j seconds', (value, seconds) => {
    expect(parseRetryAfter(value, NOW)).toBe(seconds);
  });

  it('two-digit year across a century: read', () => {
    expect(parseRetryAfter('Friday, 01-Jan-00 00:01:00 GMT', Date.parse('2099-12-31T23:59:59Z'))).toBe(61);
  });

  it('every form of a date: the time left, rounded up, from 1 to 300', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2090, 0) }),
        fc.integer({ min: -400_000, max: 400_000 }),
        (now, left) => {
          const date = Math.floor((now + left) / 1000) * 1000;
          const expected = Math.min(300, Math.max(1, Math.ceil((date - now) / 1000)));
          for (const form of forms(date)) expect(parseRetryAfter(form, now)).toBe(expected);
        },
      ),
    );
  });

  it('seconds: read, from 1 to 300', () => {
    fc.assert(
      fc.property(fc.nat(), (seconds) => {
        expect(parseRetryAfter(String(seconds), NOW)).toBe(Math.min(300, Math.max(1, seconds)));
      }),
    );
  });

  it('any text: null, or whole seconds from 1 to 300', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[-+.\d:, GMTa-z]*$/), fc.date({ noInvalidDate: true }).map(String)),
        fc.nat(),
        (text, now) => {
          const seconds = parseRetryAfter(text, now);
          expect(seconds === null || (Number.isInteger(seconds) && seconds >= 1 && seconds <= 300)).toBe(true);
        },
      ),
    );
  });
});
