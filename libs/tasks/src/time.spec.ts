import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseTime } from './readers.js';
import type { TimeFormat } from './readers.js';

const ALL: readonly TimeFormat[] = ['iso', 'day-month-year', 'epoch'];

describe('parseTime', () => {
  it.each([
    ['04-Jun-2015 18:11:06:586', '2015-06-04T18:11:06.586Z'],
    ['2020-06-15T08:55:56.600Z', '2020-06-15T08:55:56.600Z'],
    ['2022-11-09T20:25:00', '2022-11-09T20:25:00.000Z'],
    ['2023-07-26 09:33:58', '2023-07-26T09:33:58.000Z'],
    ['2023-03-13 19:43:32.12', '2023-03-13T19:43:32.120Z'],
    ['2019/10/22 14:44:30', '2019-10-22T14:44:30.000Z'],
    ['2018-08-06T10:41:14+0000', '2018-08-06T10:41:14.000Z'],
    ['2018-08-06T10:41:14+08:00', '2018-08-06T02:41:14.000Z'],
    ['2018-08-06T10:41:14-0130', '2018-08-06T12:11:14.000Z'],
    ['2020-02-02 08:12:40.672772389 +0000 UTC', '2020-02-02T08:12:40.672Z'],
    ['2020-02-02 08:12:40.672772 +0800 CST', '2020-02-02T00:12:40.672Z'],
    ['2020-02-02 08:12:40 -0300 -03', '2020-02-02T11:12:40.000Z'],
    ['20151212T121212Z', '2015-12-12T12:12:12.000Z'],
    ['1592211353606', '2020-06-15T08:55:53.606Z'],
    [1592211353, '2020-06-15T08:55:53.000Z'],
  ])('reads %p', (raw, time) => {
    expect(parseTime(raw, ALL)).toBe(time);
  });

  it.each([
    '',
    '  ',
    null,
    undefined,
    'soon',
    '2023-07-11-19:54:22',
    '2023-02-30T00:00:00Z',
    '31-Foo-2020 00:00:00',
    '2020-13-01T00:00:00Z',
    '2020-02-02 08:12:40 CST',
    // Clocks that stand at zero.
    '0001-01-01 00:00:00 +0000 UTC',
    '0071-01-01T00:00:00Z',
    '1970-01-01T08:00:00+0800',
    '000000000',
    0,
    -1,
    12,
    {},
  ])('knows no time in %p', (raw) => {
    expect(parseTime(raw, ALL)).toBeNull();
  });

  it('reads only the formats that are declared', () => {
    expect(parseTime('1592211353606', ['iso'])).toBeNull();
    expect(parseTime('04-Jun-2015 18:11:06:586', ['iso', 'epoch'])).toBeNull();
  });

  it('keeps every instant, in every offset, whatever the zone of this machine', () => {
    const instants = fc.date({ min: new Date('1971-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(instants, fc.integer({ min: -14 * 60, max: 14 * 60 }), (instant, offset) => {
        const local = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const digits = (value: number) => String(Math.trunc(value)).padStart(2, '0');
        const zone = `${offset < 0 ? '-' : '+'}${digits(Math.abs(offset) / 60)}${digits(Math.abs(offset) % 60)}`;
        expect(parseTime(local + zone, ['iso'])).toBe(instant.toISOString());
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.anything(), (raw) => void parseTime(raw, ALL)));
  });
});
