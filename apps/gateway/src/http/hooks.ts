import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, validationFailed } from '@gateway/problems';
import type { EventLoopDelay } from './event-loop-delay.js';
import { MAX_URL_BYTES } from './gateway-server.js';
import type { Drain } from './gateway-server.js';
import { traceparent } from './request-context.js';

/** Response headers that a browser may show to a page of another origin. */
export const EXPOSED: readonly string[] = [
  'ETag',
  'Retry-After',
  'Age',
  'Cache-Status',
  'X-Request-Id',
  'traceparent',
  'Vary',
  'Preference-Applied',
  'WWW-Authenticate',
  'RateLimit',
  'RateLimit-Policy',
  'Content-Disposition',
];

/** What a listener does for a request before anything else; may refuse it by throwing. */
export type Begin = (request: FastifyRequest, reply: FastifyReply) => void;

/** Served however busy the process is: whoever restarts it, or sends it traffic, has to know. */
const HEALTH: ReadonlySet<string | undefined> = new Set(['/livez', '/readyz']);

/** Seconds after which it is worth asking again a process that comes late. */
const LATE_RETRY_SECONDS = 2;

/**
 * Told of a request whose reply is out, or whose caller has gone.
 * @param status 499 when the caller left before the answer @param ms milliseconds that it took
 */
export type OnEnd = (request: FastifyRequest, reply: FastifyReply, status: number, ms: number) => void;

/** How a listener for callers begins. @param onEnd told of each request, in their order */
export function callersBegin(onEnd: readonly OnEnd[], credentialHeaders: string, delay: EventLoopDelay): Begin {
  return (request, reply) => {
    if (onEnd.length > 0) watchEnd(request, reply, onEnd);
    setCommonHeaders(request, reply, credentialHeaders);
    // Whoever is refused a preflight cannot read why.
    if (delay.isTooLate && !HEALTH.has(request.routeOptions.url) && !isPreflight(request))
      throw new Problem('gateway-busy', {
        detail: 'This process has more to do than it can: ask another one, or later.',
        retryAfterSeconds: LATE_RETRY_SECONDS,
      });
  };
}

function watchEnd(request: FastifyRequest, reply: FastifyReply, onEnd: readonly OnEnd[]): void {
  const began = performance.now();
  // The end of the reply, not of the request: one without a body has ended when it is there. It comes once, and `once` would
  // hold 180 bytes for as long as the request waits.
  reply.raw.on('close', () => {
    const ms = performance.now() - began;
    const status = statusOf(reply.raw);
    for (const tell of onEnd) tell(request, reply, status, ms);
  });
}

/** 499 when the caller left before the answer. */
export function statusOf({ writableFinished, statusCode }: ServerResponse): number {
  return writableFinished ? statusCode : 499;
}

/** Sets what every reply carries. @param credentialHeaders for Vary: request headers that say who asks */
export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply, credentialHeaders: string): void {
  const vary = reply.getHeader('vary');
  reply.header('x-request-id', request.id);
  reply.header('traceparent', traceparent(request.raw));
  // CORS comes first, and says Origin.
  reply.header('vary', vary === undefined ? credentialHeaders : `${String(vary)}, ${credentialHeaders}`);
  reply.header('x-content-type-options', 'nosniff');
}

/** Methods whose requests have a body. */
const BRING_JSON: ReadonlySet<string | undefined> = new Set(['POST', 'PUT']);

/**
 * What holds for every request of a listener before any handler, and for every reply: names, limits, unknown routes, the
 * way out. The hooks call back: a promise in each would cost as much as all that they do.
 * @param home where `/` leads to; null where it is no page
 */
export function installHooks(fastify: FastifyInstance, drain: Drain, begin: Begin, home: string | null): void {
  const allowedAt = watchRoutes(fastify);
  fastify.addHook('onRequest', (request, reply, done) => {
    begin(request, reply);
    const { raw } = request;
    const url = raw.url ?? '';
    if (url.length > MAX_URL_BYTES)
      throw new Problem('uri-too-long', { detail: `The URL is longer than ${MAX_URL_BYTES} bytes.` });
    const fault = hostFault(raw);
    if (fault !== null) throw validationFailed([{ detail: fault, header: 'Host' }]);
    if (raw.method === 'CONNECT')
      throw new Problem('method-not-allowed', { detail: 'This is no proxy.', allow: allowedAt(null) });
    if (hasUnmetExpectation(raw))
      throw validationFailed([{ detail: 'Only 100-continue can be expected.', header: 'Expect' }]);
    const isWithoutBody = !hasBody(request);
    // Who reads a body that is not announced waits for its end forever (`optimizeEmptyRequests`).
    if (isWithoutBody && !BRING_JSON.has(raw.method) && raw.headers['content-type'] !== undefined)
      delete raw.headers['content-type'];
    if (isPreflight(request)) reply.status(204);
    // With CORS there is a route for OPTIONS everywhere, for preflights only.
    else if (request.is404 || raw.method === 'OPTIONS') {
      const path = url.split('?', 1)[0] ?? '';
      const isHome = home !== null && path === '/';
      // Whoever opens the gateway in a browser. Not a route: with one for "/", the router loses its way to "*".
      if (isHome && (raw.method === 'GET' || raw.method === 'HEAD')) return void reply.redirect(home, 302);
      const allow = isHome ? ['GET', 'HEAD'] : allowedAt(path);
      if (allow.length === 0) throw new Problem('route-not-found', { detail: 'Nothing is served at this path.' });
      throw new Problem('method-not-allowed', { detail: `Only ${allow.join(', ')} can be used here.`, allow });
    } else if (BRING_JSON.has(raw.method) && !isPlainJson(request))
      throw new Problem('unsupported-media-type', { detail: 'Only application/json is read.' });
    else if (BRING_JSON.has(raw.method) && isWithoutBody)
      throw validationFailed([{ detail: 'The body is empty.', pointer: '' }]);
    done();
  });
  fastify.addHook('preClose', async () => drain.begin());
  fastify.addHook('onSend', (request, reply, payload, done) => {
    // Who keeps a connection would send the next request into the closing of it.
    if (drain.isDraining) reply.header('connection', 'close');
    if (typeof payload !== 'string' || payload.length <= PIECE_LENGTH || request.method === 'HEAD')
      return done(null, payload);
    reply.header('content-length', Buffer.byteLength(payload));
    done(null, streamOf(payload));
  });
}

/** Finds the methods that can be used at a path, or at any; none where nothing is served. */
function watchRoutes(fastify: FastifyInstance): (path: string | null) => string[] {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  fastify.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const pattern = new RegExp(`^${url.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`);
    routes.push({ pattern, methods: [method].flat() });
  });
  return (path) => {
    const served = routes.filter(({ pattern }) => path === null || pattern.test(path));
    return [...new Set(served.flatMap(({ methods }) => methods))].toSorted();
  };
}

/** `uri-host [":" port]` (RFC 9110, 7.2), a name in it as loose as RFC 3986 has names; may be empty. */
const HOST = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i;

/** What is wrong with the Host of a request, for which RFC 9112 (3.2) wants a 400; null if nothing is. */
function hostFault({ rawHeaders, headers, httpVersion }: IncomingMessage): string | null {
  let count = 0;
  // Names and values take turns.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  if (count > 1 || (count === 0 && httpVersion === '1.1')) return 'There must be one Host.';
  return HOST.test(headers.host ?? '') ? null : 'Host is no name or address of a host.';
}

function isPlainJson({ headers }: FastifyRequest): boolean {
  const encoding = headers['content-encoding'] ?? 'identity';
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '') && /^identity$/i.test(encoding);
}

/** Of any other, HTTP/1.1 itself takes care. */
function hasUnmetExpectation({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.expect !== undefined && httpVersion === '1.1' && !/(?:^|\W)100-continue(?:$|\W)/i.test(headers.expect);
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function isPreflight({ is404, method, headers }: FastifyRequest): boolean {
  return (
    method === 'OPTIONS' &&
    !is404 &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** UTF-16 units of a text that are handed to the network at once; longer ones go in pieces. */
export const PIECE_LENGTH = 131_072;

/** A long text in UTF-8, made as its reader takes it: whole, each reader that does not read would hold all of it once more. */
export function streamOf(text: string): Readable {
  return Readable.from(buffers(text), { objectMode: false });
}

function* buffers(text: string): Generator<Buffer> {
  for (const piece of piecesOf(text, PIECE_LENGTH)) yield Buffer.from(piece);
}

/** Cuts a text into pieces of at most so many UTF-16 units, at least 2; characters of two units stay whole. */
export function* piecesOf(text: string, length: number): Generator<string> {
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = start + length;
    if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1;
    yield text.slice(start, end);
  }
}
