import type { IncomingHttpHeaders } from 'node:http';
import { errors, type Dispatcher } from 'undici';
import type { TransportErrorKind } from '../errors/upstream-failure.js';
import { BodyReader, type ReplyContent } from './body.js';

/** One request. No other headers go out than these, `host`, `connection` and the `content-length` of a body. */
export interface TransportRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ExchangeRequest extends TransportRequest {
  /** Most bytes of a body, on the wire and decoded. */
  readonly bodyBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** What an upstream answered, whatever the status. */
export interface TransportReply extends ReplyContent {
  readonly status: number;
}

export interface ConnectionPool {
  readonly agent: Dispatcher;
  /** Whether a connection had already served a reply when it broke with this error. */
  readonly brokeAfterUse: (error: Error) => boolean;
}

/** Carries a code, and nothing of the request: errors of HTTP clients hold its headers, tokens included. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    readonly kind: TransportErrorKind,
    readonly code: string | null = null,
  ) {
    super(code ?? kind);
  }
}

/**
 * Sends one request once and reads its whole reply. Redirects are replies like any other.
 * @throws TransportError when there is no complete reply
 * @throws the signal's reason when it aborts, also while the connection is still being made
 */
export function exchange(pool: ConnectionPool, request: ExchangeRequest): Promise<TransportReply> {
  return new Promise((resolve, reject) => {
    request.signal?.throwIfAborted();
    const { method, url, headers, body = null } = request;
    const handler = new ExchangeHandler(pool, request, resolve, reject);
    pool.agent.dispatch({ origin: url.origin, path: url.pathname + url.search, method, headers, body }, handler);
  });
}

/** undici's own `request` notices an abort only once the connection stands; this handler answers at once. */
class ExchangeHandler implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | null = null;
  private answering = false;
  private settled = false;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private reader: BodyReader | null = null;
  private readonly onAbort = (): void => this.fail(this.request.signal?.reason);

  constructor(
    private readonly pool: ConnectionPool,
    private readonly request: ExchangeRequest,
    private readonly resolve: (reply: TransportReply) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    request.signal?.addEventListener('abort', this.onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.settled) controller.abort(new TransportError('unreachable'));
  }

  onResponseStarted(): void {
    this.answering = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    this.reader = new BodyReader({
      encoding: headers['content-encoding'] ?? '',
      limit: this.request.bodyBytes,
      done: (body) => this.succeed(body),
      failed: (kind) => this.fail(new TransportError(kind)),
      drained: () => controller.resume(),
    });
    const announced = Number(headers['content-length'] ?? 0);
    if (this.request.method !== 'HEAD' && announced > this.request.bodyBytes)
      this.fail(new TransportError('too-large'));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.settled && this.reader?.write(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    if (!this.settled) this.reader?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(this.explain(error));
  }

  private succeed(body: Buffer): void {
    if (this.settled) return;
    this.settle();
    this.resolve({ status: this.status, headers: joinHeaders(this.headers), body });
  }

  private fail(reason: unknown): void {
    if (this.settled) return;
    this.settle();
    this.reader?.destroy();
    this.reject(reason);
    // Closes the connection: the rest of the reply is neither wanted nor waited for.
    this.controller?.abort(new TransportError('broken'));
  }

  private settle(): void {
    this.settled = true;
    this.request.signal?.removeEventListener('abort', this.onAbort);
  }

  private explain(error: Error): Error {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
    if (code === 'UND_ERR_INVALID_ARG') return unwritten();
    if (this.controller === null) return new TransportError('unreachable', code);
    if (code === 'UND_ERR_HEADERS_OVERFLOW' || isMalformed(error)) return new TransportError('malformed', code);
    return new TransportError(!this.answering && this.pool.brokeAfterUse(error) ? 'stale' : 'broken', code);
  }
}

/** The gateway's own mistake, such as a header that may not be sent; the message of the HTTP client could quote it. */
export function unwritten(): TypeError {
  return new TypeError('The request to the upstream could not be written.');
}

/** A chunked body that ends early is a parser's error as well, but one of the connection. */
function isMalformed(error: Error): boolean {
  return error instanceof errors.HTTPParserError && !error.message.includes('Invalid EOF state');
}

function joinHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}
