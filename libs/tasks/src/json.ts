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

/** The first of several members that holds text: generations of one API name the same thing differently. */
export function firstText(object: JsonObject, ...members: readonly string[]): string | null {
  for (const member of members) {
    const text = Object.hasOwn(object, member) ? asText(object[member]) : null;
    if (text !== null) return text;
  }
  return null;
}
