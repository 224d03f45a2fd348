import { STATUS_CODES } from 'node:http';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { Catch, Logger } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, problemDocument, problemHeaders, problemOf, validationFailed } from '@gateway/problems';
import type { ProblemContext } from '@gateway/problems';
import { describeError } from './describe-error.js';
import { answerOn, endGently, MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_URL_BYTES } from './gateway-server.js';
import type { Drain, GatewayServer } from './gateway-server.js';
import type { Begin } from './hooks.js';
import { CallerGone, factsOf, requestId, traceparent, uuidOf } from './request-context.js';

/** The one place where a failure becomes a reply: a problem document (RFC 9457), on every listener, whoever threw what. */
@Catch()
export class ProblemWriter implements ExceptionFilter {
  private readonly logger = new Logger('Problem');

  /** @param baseUrl origin below which `/problems` is served */
  constructor(readonly baseUrl: () => string) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.reply(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** @param error anything that was thrown */
  reply(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (error instanceof CallerGone || isCutOff(request)) {
      reply.hijack();
      return;
    }
    const problem = problemOf(error);
    factsOf(request).problem = problem;
    if (problem.slug === 'internal-error') this.logger.error(`${request.id} ${describeError(error)}`);
    if (reply.sent) return;
    reply
      .status(problem.status)
      .headers(problemHeaders(problem))
      .send(bodyOf(problem, this.contextOf(request)));
  }

  /** Replies on a connection without a request that the framework has seen, and ends it. */
  replyRaw(problem: Problem, socket: Socket): void {
    const id = requestId({ headers: {} });
    const body = bodyOf(problem, { baseUrl: this.baseUrl(), requestId: id, instance: `urn:uuid:${id}` });
    const headers = {
      ...problemHeaders(problem),
      'x-request-id': id,
      traceparent: traceparent({ headers: {} }),
      'content-length': body.length,
      connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n`;
    // At once: between two writes the other side may have gone.
    socket.write(Buffer.concat([Buffer.from(head), body]));
    endGently(socket);
  }

  contextOf(request: FastifyRequest): ProblemContext {
    return { baseUrl: this.baseUrl(), requestId: request.id, instance: `urn:uuid:${uuidOf(request)}` };
  }
}

/** Bytes, not text: the framework would add a charset, which this media type does not have. */
function bodyOf(problem: Problem, context: ProblemContext): Buffer {
  return Buffer.from(JSON.stringify(problemDocument(problem, context)));
}

/** Whether the request broke off, or became no HTTP, in its middle: the connection has been answered or is gone. */
function isCutOff({ raw }: FastifyRequest): boolean {
  return !raw.complete && !raw.socket.writable;
}

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
      if (error.code === 'ECONNRESET' || !socket.writable || !canReplyOn(socket)) socket.destroy();
      else problems.replyRaw(unreadable(error.code), socket);
    },
    // URLs that the router cannot read: before all hooks.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      let problem: unknown = error;
      try {
        begin(request, reply);
      } catch (thrown) {
        problem = thrown;
      }
      if (drain.isDraining) reply.header('connection', 'close');
      problems.reply(problem, request, reply);
    },
  };
}

/** Whether a reply would be taken for one: something was asked, and nothing else is answered first. */
function canReplyOn(socket: Socket): boolean {
  const answer = answerOn(socket);
  if (answer === undefined) return socket.bytesRead > 0;
  if (answer.headersSent) return answer.writableFinished && answer.req.complete;
  // An answer without the connection waits behind another.
  return !answer.req.complete && answer.socket !== null;
}

/** What the HTTP server itself could not read. */
function unreadable(code: string | undefined): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('request-timeout', { detail: 'The request did not arrive in time.' });
  return validationFailed([
    code === 'HPE_HEADER_OVERFLOW'
      ? { detail: `The headers are larger than ${MAX_HEADER_BYTES} bytes.`, header: '*' }
      : { detail: 'The request is not valid HTTP.', parameter: 'request' },
  ]);
}
