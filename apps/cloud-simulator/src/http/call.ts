import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

const MAX_BODY_BYTES = 1024 * 1024;

/** A request as it really arrived: signatures are computed from the raw path and query. */
export interface Call {
  /** Request id that the reply carries. */
  readonly id: string;
  readonly method: string;
  /** Not decoded, without the query. */
  readonly path: string;
  /** Not decoded, without the question mark. */
  readonly query: string;
  /** Decoded; null if the path is not decodable. */
  readonly segments: readonly string[] | null;
  readonly headers: IncomingHttpHeaders;
  /** Null if it was too large. */
  readonly body: Buffer | null;
}

/** Reads a request with its whole body, up to 1 MiB of it. */
export async function readCall(request: IncomingMessage): Promise<Call> {
  const [path = '', ...rest] = (request.url ?? '').split('?');
  return {
    id: randomBytes(16).toString('hex'),
    method: request.method ?? 'GET',
    path,
    query: rest.join('?'),
    segments: segmentsOf(path),
    headers: request.headers,
    body: await readBody(request),
  };
}

/** A header that has something in it. */
export function headerOf(call: Call, name: string): string | null {
  const value = call.headers[name];
  const text = Array.isArray(value) ? value.join(', ') : value;
  return text === undefined || text.trim() === '' ? null : text.trim();
}

function segmentsOf(path: string): readonly string[] | null {
  if (!path.startsWith('/')) return null;
  try {
    return path.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return null;
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_BODY_BYTES ? null : Buffer.concat(chunks);
}
