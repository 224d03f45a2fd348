import { expect, it } from '@jest/globals';
import { readMoment, writeLike } from './time-form.js';

const OTHER = Date.UTC(2031, 0, 2, 3, 4, 5, 678);

it.each([
  ['2024-03-05T08:15:30.120Z', '2031-01-02T03:04:05.678Z'],
  ['2024-03-05T08:15:30Z', '2031-01-02T03:04:05Z'],
  ['2024-03-05T08:15:30.123456Z', '2031-01-02T03:04:05.678000Z'],
  ['2024-03-05T08:15:30+0000', '2031-01-02T03:04:05+0000'],
  ['2024-03-05T16:15:30+0800', '2031-01-02T11:04:05+0800'],
  ['2024-03-05T03:15:30-05:00', '2031-01-01T22:04:05-05:00'],
  ['2024-03-05 16:15:30.123456000 +0800 CST', '2031-01-02 11:04:05.678000000 +0800 CST'],
  ['2024-03-05 08:15:30', '2031-01-02 03:04:05'],
  ['1709626530120', String(OTHER)],
  ['1709626530', String(OTHER).slice(0, 10)],
])('%s: another moment is written in its form', (text, expected) => {
  expect(writeLike(text, OTHER)).toBe(expected);
  expect(writeLike(text, Date.parse(readMoment(text) ?? ''))).toBe(text.replace('123456', '123000'));
});

it.each(['', '40', '2024', 'createVolume', '2024-03-05', '70a599e0318e0001b15b018c6e2f0001', '9999999999999'])(
  '%j: is no time',
  (text) => {
    expect(readMoment(text)).toBeNull();
  },
);
