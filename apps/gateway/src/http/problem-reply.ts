import { Catch, Logger } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemDocument, problemHeaders, problemOf } from '@gateway/problems';
import { CallerGone } from './request-signal.js';
import { describeError } from './describe-error.js';
import { factsOf } from './request-facts.js';
import { ProblemContexts } from './problem-context.js';

/** The one place where a failure becomes a reply: a problem document (RFC 9457), whoever threw what. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problem');

  constructor(private readonly names: ProblemContexts) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.write(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  write(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
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
      // Bytes, not text: the framework would add a charset, which this media type does not have.
      .send(Buffer.from(JSON.stringify(problemDocument(problem, this.names.contextOf(request)))));
  }
}

/** Whether the caller hung up, or talked nonsense, in the middle of the request: the connection has been answered or is gone. */
function isCutOff({ raw }: FastifyRequest): boolean {
  return !raw.complete && !raw.socket.writable;
}
