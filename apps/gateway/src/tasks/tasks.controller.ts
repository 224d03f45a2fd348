import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import { callerOf } from '../access/caller.js';
import { abortSignalOf } from '../http/request-signal.js';
import { setHeaders } from '../http/hooks.js';
import { factsOf } from '../http/request-facts.js';
import { ApiArtifact, ApiTask } from './tasks.openapi.js';
import { cacheDirectives } from './cache-directives.js';
import { etagOf } from './task-body.js';
import { bodyIn } from './task-answer.js';
import type { TaskAnswer } from './task-answer.js';
import { TaskResolver } from './task-resolver.js';
import { JSON_HEADERS, sendUnlessKnown, taskHeaders } from './task-reply.js';
import { TaskRequests } from './task-request.js';
import type { TaskRequest } from './task-request.js';
import { TasksService } from './tasks.service.js';

@ApiTags('tasks')
@Controller('tasks/:provider/:id')
export class TasksController {
  constructor(
    private readonly urls: TaskRequests,
    private readonly references: TaskResolver,
    private readonly tasks: TasksService,
  ) {}

  @Get()
  @ApiTask()
  task(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<FastifyReply> {
    return this.answer(request, reply, 'task', (answer, { view }) => {
      const etag = etagOf(answer.version, view);
      setHeaders(reply, taskHeaders(answer, etag, answer.pollAfterSeconds));
      return sendUnlessKnown(request, reply, etag, JSON_HEADERS, () => bodyIn(view, answer));
    });
  }

  @Get('artifact')
  @ApiArtifact()
  artifact(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<FastifyReply> {
    return this.answer(request, reply, 'artifact', (answer, { named }) => {
      const { artifact, pollAfterSeconds, version } = answer;
      if (artifact === null) {
        const detail = pollAfterSeconds === null ? 'This task made no file.' : 'This task has not finished.';
        throw new Problem('artifact-not-found', { detail, provider: named.provider.id });
      }
      const etag = etagOf(version, 'full');
      setHeaders(reply, taskHeaders(answer, etag, null));
      const { mediaType, fileName } = artifact;
      const type = ['content-type', `${mediaType}; charset=utf-8`];
      const headers = [...type, 'content-disposition', disposition(fileName)];
      return sendUnlessKnown(request, reply, etag, headers, () => artifact.content);
    });
  }

  private async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    resource: TaskRequest['resource'],
    send: (answer: TaskAnswer, url: TaskRequest) => FastifyReply,
  ): Promise<FastifyReply> {
    const violations: Violation[] = [];
    const caller = callerOf(request, violations);
    const url = this.urls.read(request, resource, violations);
    factsOf(request).region = url.named.region;
    const directives = cacheDirectives(request.headers['cache-control']);
    const signal = abortSignalOf(reply);
    const target = await this.references.resolve(url.named, caller, signal);
    return send(await this.tasks.find(target, caller, directives, signal), url);
  }
}

/** Readers that know no `filename*` get a name of letters that every file system has. */
function disposition(fileName: string): string {
  return contentDisposition(fileName, { fallback: fileName.replace(/[^\x20-\x7e]/g, '_') });
}
