import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import { callerOf } from '../access/caller.js';
import { abortSignalOf } from '../http/abort-signal.js';
import { ApiArtifact, ApiTask } from '../openapi/task-operations.js';
import { cacheDirectives } from './cache-directives.js';
import { etagOf, presentTask } from './present-task.js';
import { readTaskQuery } from './task-query.js';
import { TaskReferences } from './task-reference.js';
import { sendUnlessKnown, setTaskHeaders } from './task-reply.js';
import { TasksService } from './tasks.service.js';
import type { TaskAnswer } from './tasks.service.js';

@ApiTags('tasks')
@Controller('tasks/:provider/:id')
export class TasksController {
  constructor(
    private readonly references: TaskReferences,
    private readonly tasks: TasksService,
  ) {}

  @Get()
  @ApiTask()
  async task(
    @Param('provider') provider: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<FastifyReply> {
    const violations: Violation[] = [];
    const { view = 'full', ...scope } = readTaskQuery(request.query, true, violations);
    const answer = await this.find({ provider, id, ...scope }, request, reply, violations);
    const task = presentTask(answer, view, Date.now());
    const etag = etagOf(answer.version, view);
    setTaskHeaders(reply, answer, etag, task.pollAfterSeconds);
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    return sendUnlessKnown(request, reply, etag, headers, () => JSON.stringify(task));
  }

  @Get('artifact')
  @ApiArtifact()
  async artifact(
    @Param('provider') provider: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<FastifyReply> {
    const violations: Violation[] = [];
    const scope = readTaskQuery(request.query, false, violations);
    const answer = await this.find({ provider, id, ...scope }, request, reply, violations);
    const { artifact, task, version } = answer;
    if (artifact === null) {
      const detail = task.done ? 'This task made no file.' : 'This task has not finished.';
      throw new Problem('artifact-not-found', { detail, provider });
    }
    const etag = etagOf(version, 'full');
    setTaskHeaders(reply, answer, etag, null);
    const headers = {
      'content-type': `${artifact.mediaType}; charset=utf-8`,
      'content-disposition': disposition(artifact.fileName),
    };
    return sendUnlessKnown(request, reply, etag, headers, () => artifact.content);
  }

  private async find(
    reference: Parameters<TaskReferences['resolve']>[0],
    request: FastifyRequest,
    reply: FastifyReply,
    violations: Violation[],
  ): Promise<TaskAnswer> {
    // An unknown provider is the first thing to know, whatever else is wrong.
    this.references.provider(reference.provider);
    const caller = callerOf(request, violations);
    const signal = abortSignalOf(reply);
    const target = await this.references.resolve(reference, caller, signal, violations);
    return this.tasks.find(target, caller, cacheDirectives(request.headers['cache-control']), signal);
  }
}

/** Readers that know no `filename*` get a name of letters that every file system has. */
function disposition(fileName: string): string {
  return contentDisposition(fileName, { fallback: fileName.replace(/[^\x20-\x7e]/g, '_') });
}
