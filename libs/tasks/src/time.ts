import { asText } from './json.js';

/**
 * How an upstream writes times:
 * - `iso`: ISO 8601, also with a blank for `T`, slashes for dashes, up to nine decimals, `+0800` offsets or Go's ` +0800 CST`,
 *   where the offset counts and not the name; without a zone it is UTC
 * - `day-month-year`: `04-Jun-2015 18:11:06:586`, UTC, with a colon before the milliseconds
 * - `epoch`: seconds (up to ten digits) or milliseconds since 1970, as a number or as text
 */
export type TimeFormat = 'iso' | 'day-month-year' | 'epoch';

const ISO =
  /^(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s*(?:Z|UTC|([+-]\d{2}:?\d{2})(?:\s+(?:[A-Z]{1,5}|[+-]\d{2,4}))?)?$/i;
const ISO_BASIC = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?(Z)?$/;
const DAY_MONTH_YEAR = /^(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2})(?:[:.](\d{1,3}))?$/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * Reads an upstream time as RFC 3339 in UTC with milliseconds. Null for empty, unreadable or impossible times.
 * `Date.parse` is not used: it reads zone-less times as local ones and 31 February as March.
 */
export function parseTime(value: unknown, formats: readonly TimeFormat[]): string | null {
  const text = asText(value);
  if (text === null) return null;
  for (const format of formats) {
    const epoch = READERS[format](text);
    if (epoch !== null && Math.abs(epoch) <= 8.64e15) return new Date(epoch).toISOString();
  }
  return null;
}

const READERS: Readonly<Record<TimeFormat, (text: string) => number | null>> = {
  iso(text) {
    const match = ISO.exec(text) ?? ISO_BASIC.exec(text);
    if (match === null) return null;
    const [, year, month, day, hour, minute, second, fraction, zone] = match;
    const utc = utcTime([year, month, day, hour, minute, second].map(Number), fraction);
    return utc === null ? null : utc - offsetMilliseconds(zone);
  },
  'day-month-year'(text) {
    const match = DAY_MONTH_YEAR.exec(text);
    if (match === null) return null;
    const [, day, monthName = '', year, hour, minute, second, fraction] = match;
    const month = MONTHS.indexOf(monthName.toLowerCase()) + 1;
    return utcTime([Number(year), month, Number(day), Number(hour), Number(minute), Number(second)], fraction);
  },
  epoch(text) {
    if (!/^\d{9,13}$/.test(text)) return null;
    return text.length <= 10 ? Number(text) * 1000 : Number(text);
  },
};

function utcTime(fields: readonly number[], fraction = ''): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return null;
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second) + Number(fraction.padEnd(3, '0').slice(0, 3));
}

function offsetMilliseconds(zone = 'Z'): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (match === null) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000;
}
