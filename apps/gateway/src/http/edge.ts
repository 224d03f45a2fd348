import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Problem, problemDocument, problemHeaders, validationFailed } from '@gateway/problems';
import { requestId, traceparent } from './request-id.js';

export const MAX_URL_BYTES = 8 * 1024;
export const MAX_BODY_BYTES = 64 * 1024;
/** A cloud token alone may have 16,384 characters. */
export const MAX_HEADER_BYTES = 64 * 1024;

/** What holds for every request before any controller: names, limits, unknown routes, one line of log. */
export function installEdge(fastify: FastifyInstance, logger: Logger): void {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  fastify.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`);
    if (!url.includes('*')) routes.push({ pattern, methods: [method].flat() });
  });
  const allowed = (path: string) =>
    [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))].toSorted();

  fastify.addHook('onRequest', async (request, reply) => {
    reply
      .header('x-request-id', request.id)
      .header('traceparent', traceparent(request.raw))
      .header('vary', 'X-Auth-Token')
      .header('x-content-type-options', 'nosniff');
    const url = request.raw.url ?? '';
    if (url.length > MAX_URL_BYTES)
      throw new Problem('uri-too-long', { detail: `The URL is longer than ${MAX_URL_BYTES} bytes.` });
    if (!request.is404) {
      if (request.method === 'POST' && !/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
        throw new Problem('unsupported-media-type', { detail: 'Only application/json is read.' });
      return;
    }
    const allow = allowed(url.split('?', 1)[0] ?? '');
    if (allow.length === 0) throw new Problem('route-not-found', { detail: 'Nothing is served at this path.' });
    throw new Problem('method-not-allowed', { detail: `Only ${allow.join(', ')} can be used here.`, allow });
  });
  fastify.addHook('onResponse', async (request, reply) => {
    const { provider } = (request.params ?? {}) as { provider?: string };
    logger.info({
      requestId: request.id,
      method: request.method,
      // The pattern, not the URL: what callers put into a URL is theirs.
      route: request.routeOptions.url ?? null,
      ...(provider === undefined ? {} : { provider: provider.slice(0, 64) }),
      status: reply.statusCode,
      cache: reply.getHeader('cache-status'),
      ms: Math.round(reply.elapsedTime * 10) / 10,
    });
  });
}

/** Answers what is no HTTP request at all, or has headers over the limit: no framework sees these. */
export function clientErrorHandler(baseUrl: () => string): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const id = requestId({ headers: {} });
    const violation =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? { detail: `The headers are larger than ${MAX_HEADER_BYTES} bytes.`, header: '*' }
        : { detail: 'The request is not valid HTTP.', parameter: 'request' };
    const problem = validationFailed([violation]);
    const context = { baseUrl: baseUrl(), requestId: id, instance: `urn:uuid:${id}` };
    const body = JSON.stringify(problemDocument(problem, context));
    const headers = {
      ...problemHeaders(problem),
      'x-request-id': id,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    };
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head.join('\r\n')}\r\n\r\n${body}`);
  };
}
