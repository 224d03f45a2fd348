import type { JsonObject } from './task.js';

/** Deepest nesting that is read; deeper documents are refused, because later steps walk them recursively. */
export const MAX_JSON_DEPTH = 32;

/** Thrown by {@link parseJson} for text that is no JSON or is nested too deep. */
export class JsonError extends Error {
  override readonly name = 'JsonError';

  constructor(readonly reason: 'syntax' | 'depth') {
    super(reason === 'syntax' ? 'not JSON' : 'JSON that is nested too deeply');
  }
}

interface ReviverContext {
  readonly source?: string;
}
const LONG_INTEGER = /\d{16}/;

/**
 * Parses RFC 8259 text. Integers beyond 2^53 become strings with all their digits; `__proto__` is an ordinary member;
 * a byte order mark is skipped.
 * @throws JsonError for other text, and for more than `maxDepth` levels of nesting
 */
export function parseJson(text: string, maxDepth = MAX_JSON_DEPTH): unknown {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw new JsonError('syntax');
  }
  if (isDeeperThan(value, maxDepth)) throw new JsonError('depth');
  return LONG_INTEGER.test(source) ? JSON.parse(source, keepLongIntegers) : value;
}

function keepLongIntegers(_member: string, value: unknown, context?: ReviverContext): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}

function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const inner: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      if (depth >= limit) return true;
      for (const member of Object.values(item)) if (typeof member === 'object' && member !== null) inner.push(member);
    }
    level = inner;
  }
  return false;
}

/** Reads JSON that an upstream put into a string. An object passes as it is; anything unreadable is undefined. */
export function parseEmbedded(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? undefined;
  if (value.trim() === '') return undefined;
  try {
    return parseJson(value);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object, or an empty one. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** An array's objects, in order; anything else is left out. */
export function asObjects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Text with something in it; numbers are written out, because upstreams send codes and ids as either. */
export function asText(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text === '' ? null : text;
}

/** A finite number, also when sent as text or with a percent sign. */
export function asNumber(value: unknown): number | null {
  const text = asText(value);
  if (text === null || !/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*%?$/i.test(text)) return null;
  const number = Number.parseFloat(text);
  return Number.isFinite(number) ? number : null;
}

/** A whole number from 0 on; what is between two is the lower one. */
export function asCount(value: unknown): number | null {
  const number = asNumber(value);
  return number === null || number < 0 ? null : Math.trunc(number);
}

/** The first of several members that holds text: generations of one API name the same thing differently. */
export function firstText(object: JsonObject, ...members: readonly string[]): string | null {
  for (const member of members) {
    const text = Object.hasOwn(object, member) ? asText(object[member]) : null;
    if (text !== null) return text;
  }
  return null;
}

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
 * Reads an upstream time as RFC 3339 in UTC with milliseconds. Null for empty, unreadable or impossible times, and for the
 * zero of a clock, 1970 or the year 1, which some write where there is no time.
 * `Date.parse` is not used: it reads zone-less times as local ones and 31 February as March.
 */
export function parseTime(value: unknown, formats: readonly TimeFormat[]): string | null {
  const text = asText(value);
  if (text === null) return null;
  for (const format of formats) {
    const epoch = TIME_READERS[format](text);
    if (epoch !== null && epoch > 0 && epoch <= 8.64e15) return new Date(epoch).toISOString();
  }
  return null;
}

const TIME_READERS: Readonly<Record<TimeFormat, (text: string) => number | null>> = {
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
  if (year < 1970 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return null;
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second) + Number(fraction.padEnd(3, '0').slice(0, 3));
}

function offsetMilliseconds(zone = 'Z'): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (match === null) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000;
}
