import { isUtf8 } from 'node:buffer';
import { JsonError, parseJson } from '@gateway/tasks';
import type { TransportReply } from './http-transport.js';

export interface JsonBody {
  /** The body as text; bytes that are no UTF-8 became U+FFFD. */
  readonly text: string;
  /** The document; undefined where the body holds none. */
  readonly body: unknown;
  /** Media type without parameters, in lower case; null where the upstream named none. */
  readonly contentType: string | null;
  /** Whether there is a document that is nested deeper than is read. */
  readonly tooDeep?: boolean;
}

/** Reads a reply as strict UTF-8 JSON, whatever its label says: the clouds label JSON as text and pages as JSON. Never throws. */
export function readJsonBody({ headers, body }: Pick<TransportReply, 'headers' | 'body'>): JsonBody {
  const text = body.toString('utf8').replace(/^\uFEFF/, '');
  const contentType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return {
    text,
    ...(isUtf8(body) ? parse(text) : { body: undefined }),
    contentType: contentType === '' ? null : contentType,
  };
}

function parse(text: string): Pick<JsonBody, 'body' | 'tooDeep'> {
  try {
    return { body: parseJson(text) };
  } catch (error) {
    return { body: undefined, ...(error instanceof JsonError && error.reason === 'depth' ? { tooDeep: true } : {}) };
  }
}
