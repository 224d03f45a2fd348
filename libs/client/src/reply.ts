import type { BatchGetReply, Task } from './generated/index.js';

/** Media type of a reply, without its parameters; empty where it has none. */
export function contentTypeOf({ headers }: Pick<Response, 'headers'>): string {
  return (headers.get('content-type') ?? '').replace(/;.*/, '').trim().toLowerCase();
}

/** Undefined where the text is no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Media type and start of a reply, for errors: `text/html: <!doctype html>…`. */
export function excerptOf(reply: Pick<Response, 'headers'>, text: string): string {
  const start = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^(.{200}).+/, '$1…');
  return `${contentTypeOf(reply) || 'no content type'}: ${start}`;
}

/** Seconds that `Retry-After` (RFC 9110) asks for, from its number or its date; null where it is missing or neither. */
export function retryAfterOf(headers: Headers): number | null {
  const value = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(value)) return Number(value);
  const seconds = (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, Math.ceil(seconds));
}

/**
 * Name that `Content-Disposition` (RFC 6266) gives a download; null where it gives none, or where there is no such
 * header. `filename*` (RFC 8187) comes before `filename`.
 */
export function fileNameOf(disposition: string | null): string | null {
  const encoded = /;\s*filename\*\s*=\s*UTF-8''([^;\s]+)/i.exec(disposition ?? '')?.[1];
  const [, quoted, token] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition ?? '') ?? [];
  return decoded(encoded) ?? quoted?.replace(/\\(.)/g, '$1') ?? token ?? null;
}

/** Null for what is malformed, as what is not there. */
function decoded(value = '%'): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

/** Whether this is a Task, as far as waiting for one needs it. */
export function isTask(value: unknown): value is Task {
  const { id, provider, status, version, done } = (value ?? {}) as Partial<Record<string, unknown>>;
  return [id, provider, status, version].every((member) => typeof member === 'string') && typeof done === 'boolean';
}

export function isBatchGetReply(value: unknown): value is BatchGetReply {
  return Array.isArray((value as Partial<BatchGetReply> | null | undefined)?.items);
}
