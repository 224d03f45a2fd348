import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Catch, Logger } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemDocument, problemHeaders, problemOf } from '@gateway/problems';
import type { Problem, ProblemContext } from '@gateway/problems';
import { endGently } from './gateway-server.js';
import { describeError } from './describe-error.js';
import { factsOf, requestId, traceparent, uuidOf } from './request-context.js';
import { CallerGone } from './request-signal.js';

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

/** Whether the caller hung up, or talked nonsense, in the middle of the request: the connection has been answered or is gone. */
function isCutOff({ raw }: FastifyRequest): boolean {
  return !raw.complete && !raw.socket.writable;
}
