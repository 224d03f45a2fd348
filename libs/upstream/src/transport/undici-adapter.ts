import { AxiosHeaders, type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';
import type { ConnectionPool } from './connection-pool.js';
import { exchange, type ExchangeReply, type ExchangeRequest } from './exchange.js';
import { TransportError } from './transport-error.js';

/** Connections that can turn out stale one after another, before a fault is made of it. */
const STALE_LIMIT = 3;

/**
 * Lets axios send over an undici pool. Of the configuration it reads `url`, `method`, `headers`, `data`, `signal` and
 * `maxContentLength`; every status is a reply.
 */
export function createUndiciAdapter(pool: ConnectionPool): AxiosAdapter {
  return async (config) => {
    const { status, headers, body } = await exchangeFresh(pool, toRequest(config));
    return { status, statusText: '', headers: new AxiosHeaders(headers), data: body, config };
  };
}

function toRequest({
  method,
  url,
  headers,
  data,
  maxContentLength,
  signal,
}: InternalAxiosRequestConfig): ExchangeRequest {
  return {
    method: method?.toUpperCase() as ExchangeRequest['method'],
    url: new URL(url ?? ''),
    headers: headers.toJSON() as Record<string, string>,
    body: typeof data === 'string' ? data : null,
    bodyBytes: maxContentLength ?? 0,
    signal: signal as AbortSignal | undefined,
  };
}

/** An upstream may close an idle connection in the very moment in which it is used again: that is no failure, so ask anew. */
async function exchangeFresh(pool: ConnectionPool, request: ExchangeRequest): Promise<ExchangeReply> {
  for (let stale = 0; ; stale += 1) {
    try {
      return await exchange(pool, request);
    } catch (error) {
      const again = error instanceof TransportError && error.kind === 'stale' && request.method !== 'POST';
      if (!again || stale >= STALE_LIMIT) throw error;
    }
  }
}
