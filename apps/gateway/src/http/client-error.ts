import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Problem, problemDocument, problemHeaders, validationFailed } from '@gateway/problems';
import { answerOn, endGently } from './gateway-server.js';
import { MAX_HEADER_BYTES } from './limits.js';
import { requestId, traceparent } from './request-id.js';

/** Answers what is no HTTP request at all, or has headers over the limit: no framework sees these. */
export function clientErrorHandler(baseUrl: () => string): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || !isHeard(socket)) return void socket.destroy();
    refuse(socket, problemOf(error.code), baseUrl());
  };
}

/** Whether an answer would be taken for one: something was asked, and no other answer is on its way or came before its time. */
function isHeard(socket: Socket): boolean {
  const answer = answerOn(socket);
  if (answer?.headersSent === true) return answer.writableFinished && answer.req.complete;
  return socket.bytesRead > 0;
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
  socket.write(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head.join('\r\n')}\r\n\r\n${body}`);
  // Not closed at once: who is still writing would lose the answer to a reset.
  endGently(socket);
}

function problemOf(code: string | undefined): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('request-timeout', { detail: 'The request did not arrive in time.' });
  return validationFailed([
    code === 'HPE_HEADER_OVERFLOW'
      ? { detail: `The headers are larger than ${MAX_HEADER_BYTES} bytes.`, header: '*' }
      : { detail: 'The request is not valid HTTP.', parameter: 'request' },
  ]);
}
