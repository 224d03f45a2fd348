import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '@gateway/problems';
import { abortSignalOf } from '../http/request-signal.js';
import { ApiArtifact, ApiTask } from './tasks.openapi.js';
import { etagOf } from './task-body.js';
import type { TaskAnswer } from './task-answer.js';
import { TaskResolver } from './task-resolver.js';
import { sendTask, sendUnlessKnown, setTaskHeaders } from './task-reply.js';
import { TaskRequests } from './task-request.js';
import type { TaskRequest } from './task-request.js';
import { TasksService } from './tasks.service.js';

@ApiTags('tasks')
@Controller('tasks/:provider/:id')
export class TasksController {
  constructor(
    private readonly requests: TaskRequests,
    private readonly resolver: TaskResolver,
    private readonly tasks: TasksService,
  ) {}

  @Get()
  @ApiTask()
  async task(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<FastifyReply> {
    const asked = this.requests.read(request, 'task');
    return sendTask(request, reply, await this.find(asked, reply), asked.view);
  }

  @Get('artifact')
  @ApiArtifact()
  async artifact(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<FastifyReply> {
    const asked = this.requests.read(request, 'artifact');
    const answer = await this.find(asked, reply);
    const { artifact, pollAfterSeconds, version } = answer;
    if (artifact === null) {
      const detail = pollAfterSeconds === null ? 'This task made no file.' : 'This task has not finished.';
      throw new Problem('artifact-not-found', { detail, provider: asked.named.provider.id });
    }
    const etag = etagOf(version, 'full');
    setTaskHeaders(reply, answer, etag);
    const { mediaType, fileName } = artifact;
    const headers = { 'content-type': `${mediaType}; charset=utf-8`, 'content-disposition': disposition(fileName) };
    return sendUnlessKnown(request, reply, etag, headers, () => artifact.content);
  }

  private async find({ named, caller, directives }: TaskRequest, reply: FastifyReply): Promise<TaskAnswer> {
    const signal = abortSignalOf(reply);
    const target = await this.resolver.resolve(named, caller, signal);
    return this.tasks.find(target, caller, directives, signal);
  }
}

/** Readers that know no `filename*` get a name of letters that every file system has. */
function disposition(fileName: string): string {
  return contentDisposition(fileName, { fallback: fileName.replace(/[^\x20-\x7e]/g, '_') });
}
