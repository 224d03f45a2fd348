import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, validationFailed } from '@gateway/problems';
import { answerOn, MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_URL_BYTES } from './gateway-server.js';
import type { Drain, GatewayServer } from './gateway-server.js';
import type { Begin } from './hooks.js';
import type { ProblemWriter } from './problem-writer.js';
import { requestId } from './request-context.js';

/** Fastify's options for a listener: what it would answer without any hook becomes a problem, too. */
export function listenerOptions(server: GatewayServer, problems: ProblemWriter, drain: Drain, begin: Begin) {
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
      let problem: unknown = error;
      try {
        begin(request, reply);
      } catch (refusal) {
        problem = refusal;
      }
      if (drain.isDraining) reply.header('connection', 'close');
      problems.reply(problem, request, reply);
    },
  };
}

/** Whether an answer would be taken for one: something was asked, and nothing else is answered first. */
function isHeard(socket: Socket): boolean {
  const answer = answerOn(socket);
  if (answer === undefined) return socket.bytesRead > 0;
  if (answer.headersSent) return answer.writableFinished && answer.req.complete;
  // An answer without the connection waits behind another.
  return !answer.req.complete && answer.socket !== null;
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
