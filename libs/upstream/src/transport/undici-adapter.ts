import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios';
import type { ConnectionPool } from './connection-pool.js';
import { exchange, type ExchangeReply, type ExchangeRequest } from './exchange.js';
import { TransportError } from './transport-error.js';

/** Connections that can turn out stale one after another, before the request fails. */
const STALE_LIMIT = 3;

/**
 * Lets axios send over an undici pool. Of the configuration it reads `url`, `method`, `headers`, `data`, `signal` and
 * `maxContentLength`; every status is a reply, which is the response's `data`.
 */
export function createUndiciAdapter(pool: ConnectionPool): AxiosAdapter {
  return async (config) => {
    const reply = await exchangeFresh(pool, toRequest(config));
    // The reply as a whole: taking its headers for axios' own and back costs more than reading them.
    return { status: reply.status, statusText: '', headers: {}, data: reply, config };
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
