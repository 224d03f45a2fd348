import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import type { LookupTarget } from '@gateway/upstream';
import { callerOf } from '../access/caller.js';
import { abortSignalOf } from '../http/abort-signal.js';
import { ApiArtifact, ApiTask } from '../openapi/task-operations.js';
import { cacheDirectives } from './cache-directives.js';
import { etagOf } from './present-task.js';
import { bodyIn } from './task-answer.js';
import type { TaskAnswer } from './task-answer.js';
import { TaskReferences } from './task-reference.js';
import { sendUnlessKnown, setTaskHeaders } from './task-reply.js';
import { TaskUrls } from './task-urls.js';
import type { TaskUrl } from './task-urls.js';
import { TasksService } from './tasks.service.js';

@ApiTags('tasks')
@Controller('tasks/:provider/:id')
export class TasksController {
  constructor(
    private readonly urls: TaskUrls,
    private readonly references: TaskReferences,
    private readonly tasks: TasksService,
  ) {}

  @Get()
  @ApiTask()
  task(@Req() request: FastifyRequest, @Res() reply: FastifyReply): FastifyReply | Promise<FastifyReply> {
    return this.answer(request, reply, true, (answer, { view }) => {
      const etag = etagOf(answer.version, view);
      setTaskHeaders(reply, answer, etag, answer.pollAfterSeconds);
      return sendUnlessKnown(request, reply, etag, JSON_HEADERS, () => bodyIn(view, answer));
    });
  }

  @Get('artifact')
  @ApiArtifact()
  artifact(@Req() request: FastifyRequest, @Res() reply: FastifyReply): FastifyReply | Promise<FastifyReply> {
    return this.answer(request, reply, false, (answer, { named }) => {
      const { artifact, pollAfterSeconds, version } = answer;
      if (artifact === null) {
        const detail = pollAfterSeconds === null ? 'This task made no file.' : 'This task has not finished.';
        throw new Problem('artifact-not-found', { detail, provider: named.provider.id });
      }
      const etag = etagOf(version, 'full');
      setTaskHeaders(reply, answer, etag, null);
      const headers = {
        'content-type': `${artifact.mediaType}; charset=utf-8`,
        'content-disposition': disposition(artifact.fileName),
      };
      return sendUnlessKnown(request, reply, etag, headers, () => artifact.content);
    });
  }

  /** What this process remembers is answered at once: without a promise, a signal or a timer. */
  private answer(
    request: FastifyRequest,
    reply: FastifyReply,
    hasViews: boolean,
    send: (answer: TaskAnswer, url: TaskUrl) => FastifyReply,
  ): FastifyReply | Promise<FastifyReply> {
    const violations: Violation[] = [];
    const caller = callerOf(request, violations);
    const url = this.urls.read(request, hasViews, violations);
    const directives = cacheDirectives(request.headers['cache-control']);
    const target = this.references.targetOf(url.named, caller);
    const remembered = target === null ? null : this.tasks.recall(target, caller, directives);
    if (remembered !== null) return send(remembered, url);
    const signalOf = (): AbortSignal => abortSignalOf(reply);
    const find = (resolved: LookupTarget) => this.tasks.find(resolved, caller, directives, signalOf);
    const found = target === null ? this.references.resolve(url.named, caller, signalOf()).then(find) : find(target);
    return found.then((answer) => send(answer, url));
  }
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** Readers that know no `filename*` get a name of letters that every file system has. */
function disposition(fileName: string): string {
  return contentDisposition(fileName, { fallback: fileName.replace(/[^\x20-\x7e]/g, '_') });
}
