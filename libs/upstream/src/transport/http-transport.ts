import { getCACertificates } from 'node:tls';
import type { HttpService } from '@nestjs/axios';
import { isAxiosError, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios';
import { Agent, buildConnector } from 'undici';
import { withDeadline, type Deadline } from '@gateway/async';
import { failureOfTransport, upstreamTimeout } from '../errors/upstream-failure.js';
import { exchange, TransportError, unwritten } from './exchange.js';
import type { ConnectionPool, ExchangeRequest, TransportReply, TransportRequest } from './exchange.js';
import { NameResolver } from './name-resolver.js';

/** Connections that can turn out stale one after another, before the request fails. */
const STALE_LIMIT = 3;
const MAX_HEADER_BYTES = 64 * 1024;

export interface PoolOptions {
  /** DNS, TCP and TLS handshake together, in milliseconds. */
  readonly connectMs?: number;
  readonly connectionsPerOrigin?: number;
  /** A certificate authority to trust besides the usual ones, in PEM. */
  readonly extraCa?: string;
}

export interface SendOptions extends Partial<Deadline> {
  /** Most bytes of a body, on the wire and decoded. */
  readonly bodyBytes: number;
  /** Milliseconds from connecting to the last byte of the body. */
  readonly attemptMs: number;
}

/** Sends requests to upstreams. Nothing else touches axios. */
export class HttpTransport {
  private readonly pool: ConnectionPool;
  private readonly axios: AxiosInstance;

  constructor(http: HttpService, options: PoolOptions = {}) {
    this.pool = createConnectionPool(options);
    this.axios = overPool(http, this.pool);
  }

  /**
   * Sends a request once and reads the whole reply. A connection that went stale while idle is replaced unnoticed.
   * @throws UpstreamFailure when there is no complete reply in time
   * @throws the reason that the deadline's signal aborted with
   */
  send(request: TransportRequest, options: SendOptions): Promise<TransportReply> {
    // An attempt that ran out of time is not retried: the upstream is slow, and more requests would make it slower.
    return withDeadline(options.attemptMs, options, upstreamTimeout, ({ signal }) =>
      this.exchange(request, options.bodyBytes, signal),
    );
  }

  /** Cuts every connection, with the requests on them. */
  async close(): Promise<void> {
    await this.pool.agent.destroy();
  }

  private async exchange(request: TransportRequest, bodyBytes: number, signal: AbortSignal): Promise<TransportReply> {
    try {
      const { data } = await this.axios.request<TransportReply>({
        url: request.url.href,
        method: request.method,
        // axios would add a content type of its own to a POST without one.
        headers: { 'content-type': false, ...withLowerCaseNames(request.headers) },
        data: request.body,
        maxContentLength: bodyBytes,
        signal,
      });
      return data;
    } catch (error) {
      // What axios throws holds the request with its token, so none of it goes on.
      signal.throwIfAborted();
      if (error instanceof TransportError) throw failureOfTransport(error.kind, error.code, request.method !== 'POST');
      throw isAxiosError(error) ? unwritten() : error;
    }
  }
}

/** What axios itself reads of its defaults. */
const KEPT: ReadonlySet<string> = new Set(['adapter', 'transformRequest', 'transformResponse']);

// An instance of axios, not the Observables of HttpService: one request has one answer, and the promise is cheaper.
function overPool(http: HttpService, pool: ConnectionPool): AxiosInstance {
  const instance = http.axiosRef.create({
    adapter: async (config) => {
      const reply = await exchangeFresh(pool, toRequest(config));
      // The reply as a whole: taking its headers for axios' own and back costs more than reading them.
      return { status: reply.status, statusText: '', headers: {}, data: reply, config };
    },
    transformRequest: [],
    transformResponse: [],
  });
  // Headers are denied unless we set them, those that axios sets by default included. Each default is merged anew into
  // each request: what our adapter does not read has to go.
  const defaults: Partial<typeof instance.defaults> = instance.defaults;
  for (const name of Object.keys(defaults) as (keyof typeof defaults)[]) if (!KEPT.has(name)) delete defaults[name];
  defaults.headers = {} as typeof instance.defaults.headers;
  return instance;
}

function withLowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function toRequest(config: InternalAxiosRequestConfig): ExchangeRequest {
  const { method, url, headers, data, maxContentLength, signal } = config;
  return {
    method: method?.toUpperCase() as ExchangeRequest['method'],
    url: new URL(url ?? ''),
    headers: headers.toJSON() as Record<string, string>,
    ...(typeof data === 'string' ? { body: data } : {}),
    bodyBytes: maxContentLength ?? 0,
    signal: signal as AbortSignal | undefined,
  };
}

/** An upstream may close an idle connection in the very moment in which it is used again: that is no failure, and the request is sent anew. */
async function exchangeFresh(pool: ConnectionPool, request: ExchangeRequest): Promise<TransportReply> {
  for (let stale = 0; ; stale += 1) {
    try {
      return await exchange(pool, request);
    } catch (error) {
      const again = error instanceof TransportError && error.kind === 'stale' && request.method !== 'POST';
      if (!again || stale >= STALE_LIMIT) throw error;
    }
  }
}

/** Keep-alive connections to every upstream. Certificates are always verified, and no proxy is taken from the environment. */
function createConnectionPool(options: PoolOptions): ConnectionPool {
  const { connectMs = 1_000, connectionsPerOrigin = 64, extraCa } = options;
  const usedUp = new WeakSet<Error>();
  const connect = buildConnector({
    timeout: connectMs,
    allowH2: false,
    rejectUnauthorized: true,
    lookup: new NameResolver().lookup,
    ...(extraCa === undefined ? {} : { ca: [...getCACertificates('default'), extraCa] }),
  });
  const agent = new Agent({
    connections: connectionsPerOrigin,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    // One deadline covers the whole attempt; two more clocks would only cut it short.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (target, callback) => {
      let settled = false;
      const settle: typeof callback = (...result) => {
        const [, socket] = result;
        clearTimeout(timer);
        if (settled) {
          socket?.destroy();
          return;
        }
        settled = true;
        socket?.on('error', (error) => {
          if (socket.bytesRead > 0) usedUp.add(error);
        });
        callback(...result);
      };
      // undici's own connect timer is up to half a second late. It still closes the socket that this one gives up.
      const timer = setTimeout(() => settle(new ConnectTimeout(), null), connectMs);
      connect(target, settle);
    },
  });
  return { agent, brokeAfterUse: (error) => usedUp.has(error) };
}

class ConnectTimeout extends Error {
  readonly code = 'UND_ERR_CONNECT_TIMEOUT';
}
