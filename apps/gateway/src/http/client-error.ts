import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Problem, problemDocument, problemHeaders, validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import { MAX_HEADER_BYTES } from './limits.js';
import { requestId, traceparent } from './request-id.js';

/** Answers what is no HTTP request at all, or has headers over the limit: no framework sees these. */
export function clientErrorHandler(baseUrl: () => string): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    refuse(socket, validationFailed([violationOf(error.code)]), baseUrl());
  };
}

/** Answers what the HTTP server would answer by itself, without a problem: `Expect` and `CONNECT`. */
export function refuseTunnels(server: Server, baseUrl: () => string): void {
  server.on('checkExpectation', ({ socket }: IncomingMessage) => {
    refuse(socket, validationFailed([{ detail: 'Only 100-continue can be expected.', header: 'Expect' }]), baseUrl());
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    refuse(
      socket,
      new Problem('method-not-allowed', { detail: 'This is no proxy.', allow: ['GET', 'HEAD', 'POST'] }),
      baseUrl(),
    );
  });
}

function refuse(socket: Duplex, problem: Problem, baseUrl: string): void {
  const id = requestId({ headers: {} });
  const body = JSON.stringify(problemDocument(problem, { baseUrl, requestId: id, instance: `urn:uuid:${id}` }));
  const headers = {
    ...problemHeaders(problem),
    'x-request-id': id,
    traceparent: traceparent({ headers: {} }),
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head.join('\r\n')}\r\n\r\n${body}`);
}

function violationOf(code: string | undefined): Violation {
  if (code === 'HPE_HEADER_OVERFLOW')
    return { detail: `The headers are larger than ${MAX_HEADER_BYTES} bytes.`, header: '*' };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { detail: 'The request did not arrive in time.', parameter: 'request' };
  return { detail: 'The request is not valid HTTP.', parameter: 'request' };
}
