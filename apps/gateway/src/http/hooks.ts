import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, validationFailed } from '@gateway/problems';
import type { Drain } from './drain.js';
import { hostFault } from './host-header.js';
import { MAX_URL_BYTES } from './limits.js';
import { PIECE_LENGTH, piecesOf } from './pieces.js';
import { traceparent } from './request-id.js';

/** Response headers that a browser may show to a page of another origin. */
export const EXPOSED: readonly string[] = [
  'ETag',
  'Retry-After',
  'Age',
  'Cache-Status',
  'X-Request-Id',
  'traceparent',
  'Vary',
  'WWW-Authenticate',
  'Content-Disposition',
];

/**
 * What every reply carries, also one that the framework gives before any hook runs. Names and values take turns.
 * @param vary request headers that the reply depends on
 */
export function commonHeaders(requestId: string, request: IncomingMessage, vary: string): string[] {
  const trace = traceparent(request);
  return ['x-request-id', requestId, 'traceparent', trace, 'vary', vary, 'x-content-type-options', 'nosniff'];
}

/** @param credentialHeaders for Vary: request headers that say who asks */
export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply, credentialHeaders: string): void {
  const vary = reply.getHeader('vary');
  // CORS comes first, and says Origin.
  const all = vary === undefined ? credentialHeaders : `${String(vary)}, ${credentialHeaders}`;
  setHeaders(reply, commonHeaders(request.id, request.raw, all));
}

/** @param headers names and values take turns */
export function setHeaders(reply: FastifyReply, headers: readonly string[]): void {
  for (let index = 0; index < headers.length; index += 2) reply.header(headers[index] ?? '', headers[index + 1]);
}

/** What holds for every request before any controller: names, limits, unknown routes, the way out. */
export function installEdge(fastify: FastifyInstance, credentialHeaders: string, drain: Drain): void {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  fastify.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const pattern = new RegExp(`^${url.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`);
    routes.push({ pattern, methods: [method].flat() });
  });
  const allowed = (path: string) =>
    [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))].toSorted();

  // Hooks that call back: a promise in each would cost as much as all that they do.
  fastify.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply, credentialHeaders);
    const { raw } = request;
    const url = raw.url ?? '';
    if (url.length > MAX_URL_BYTES)
      throw new Problem('uri-too-long', { detail: `The URL is longer than ${MAX_URL_BYTES} bytes.` });
    const fault = hostFault(raw);
    if (fault !== null) throw validationFailed([{ detail: fault, header: 'Host' }]);
    if (isPreflight(request)) {
      reply.status(204);
      if (!hasBody(request)) delete request.headers['content-type'];
    }
    // With CORS there is a route for OPTIONS everywhere, for preflights only.
    else if (request.is404 || raw.method === 'OPTIONS') {
      const path = url.split('?', 1)[0] ?? '';
      // Whoever opens the gateway in a browser. Not a route: with one for "/", the router loses its way to "*".
      if (path === '/' && (raw.method === 'GET' || raw.method === 'HEAD')) return void reply.redirect('/docs', 302);
      const allow = path === '/' ? ['GET', 'HEAD'] : allowed(path);
      if (allow.length === 0) throw new Problem('route-not-found', { detail: 'Nothing is served at this path.' });
      throw new Problem('method-not-allowed', { detail: `Only ${allow.join(', ')} can be used here.`, allow });
    } else if (raw.method === 'POST' && !isPlainJson(request))
      throw new Problem('unsupported-media-type', { detail: 'Only application/json is read.' });
    else if (raw.method === 'POST' && !hasBody(request))
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
    done(null, piecesOf(payload));
  });
}

function isPlainJson({ headers }: FastifyRequest): boolean {
  const encoding = headers['content-encoding'] ?? 'identity';
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '') && /^identity$/i.test(encoding);
}

/** Who reads a body that is not announced waits for its end forever (`optimizeEmptyRequests`). */
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
