import type { IncomingMessage, RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, validationFailed } from '@gateway/problems';
import { answerOn, MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_URL_BYTES } from './gateway-server.js';
import type { GatewayServer } from './gateway-server.js';
import type { Begin } from './hooks.js';
import type { ProblemWriter } from './problem-writer.js';
import { requestId } from './request-context.js';

/** Fastify's options for a listener: what it would answer without any hook becomes a problem, too. */
export function listenerOptions(server: GatewayServer, problems: ProblemWriter, begin: Begin) {
  server.on('checkExpectation', ({ socket }: IncomingMessage) =>
    problems.replyRaw(validationFailed([{ detail: 'Only 100-continue can be expected.', header: 'Expect' }]), socket),
  );
  server.on('connect', (_request: IncomingMessage, socket: Duplex) =>
    problems.replyRaw(
      new Problem('method-not-allowed', { detail: 'This is no proxy.', allow: ['GET', 'HEAD', 'POST'] }),
      socket,
    ),
  );
  return {
    genReqId: requestId,
    bodyLimit: MAX_BODY_BYTES,
    // Ids of any length are the validation's to judge.
    routerOptions: { maxParamLength: MAX_URL_BYTES },
    // Requests that arrive while the gateway closes are still answered.
    return503OnClosing: false,
    serverFactory: (answer: RequestListener) => server.on('request', answer),
    // No HTTP request at all, or headers over the limit.
    clientErrorHandler: (error: Error & { code?: string }, socket: Socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable || !isHeard(socket)) socket.destroy();
      else problems.replyRaw(problemOf(error.code), socket);
    },
    // URLs that the router cannot read: before all hooks.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      try {
        begin(request, reply);
        problems.reply(error, request, reply);
      } catch (refusal) {
        problems.reply(refusal, request, reply);
      }
    },
  };
}

/** Whether an answer would be taken for one: something was asked, and no other answer is on its way or came before its time. */
function isHeard(socket: Socket): boolean {
  const answer = answerOn(socket);
  if (answer?.headersSent === true) return answer.writableFinished && answer.req.complete;
  return socket.bytesRead > 0;
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
