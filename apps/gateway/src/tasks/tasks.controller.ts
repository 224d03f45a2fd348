import { Body, Controller, Get, HttpCode, Module, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import { AccessModule, callerOf } from '../access/guard.js';
import { RateLimits } from '../access/rate-limits.js';
import { ProblemWriter } from '../http/problem-writer.js';
import { readBody } from '../http/read-body.js';
import { abortSignalOf } from '../http/request-context.js';
import { AccessProofs } from './access-proofs.js';
import { batchBody } from './batch-body.js';
import { BatchGetDto } from './batch.dto.js';
import { BatchService } from './batch.service.js';
import { ExpressRoute } from './express-route.js';
import type { TaskAnswer } from './task-reply.js';
import { ReferenceLookups } from './reference-lookups.js';
import { TaskLookup } from './task-lookup.js';
import { etagOf, sendTask, sendUnlessKnown, setTaskHeaders } from './task-reply.js';
import { cacheDirectives, queryViolations, TaskRequests } from './task-request.js';
import type { TaskRequest } from './task-request.js';
import { TaskResolver } from './task-resolver.js';
import { ApiArtifact, ApiBatchGet, ApiTask } from './tasks.openapi.js';
import { TasksService } from './tasks.service.js';
import { TokenClouds } from './token-clouds.js';

@ApiTags('tasks')
@Controller('tasks')
export class TasksController {
  constructor(
    private readonly requests: TaskRequests,
    private readonly resolver: TaskResolver,
    private readonly tokenClouds: TokenClouds,
    private readonly tasks: TasksService,
    private readonly batch: BatchService,
    private readonly limits: RateLimits,
    private readonly problems: ProblemWriter,
  ) {}

  @Get(':provider/:id')
  @ApiTask
  async task(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<FastifyReply> {
    const asked = this.requests.read(request, 'task');
    return sendTask(request, reply, await this.find(asked, reply), asked.view);
  }

  @Get(':provider/:id/artifact')
  @ApiArtifact
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

  @Post('batch-get')
  @HttpCode(207)
  @ApiBatchGet
  async batchGet(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<FastifyReply> {
    const violations: Violation[] = [];
    const wanted = readBody(BatchGetDto, body, violations);
    const caller = callerOf(request, violations);
    violations.push(...queryViolations(request.query));
    // What is malformed names no clouds.
    if (violations.length === 0 && wanted !== null)
      violations.push(...this.tokenClouds.violations(wanted.tasks, caller, 'batch'));
    if (violations.length > 0 || wanted === null) throw validationFailed(violations);
    const { tasks, view = 'full' } = wanted;
    // The request itself has been counted as one.
    if (tasks.length > 1) this.limits.count(reply, caller.account, tasks.length - 1, 1);
    const directives = cacheDirectives(request.headers['cache-control']);
    const items = this.batch.find(tasks, view, caller, directives, abortSignalOf(reply));
    const given = tasks.map((reference) => JSON.stringify(reference));
    const answer = await batchBody(items, given, this.problems.contextOf(request));
    return reply
      .header('cache-control', 'private, no-cache')
      .header('content-type', 'application/json; charset=utf-8')
      .send(answer);
  }

  /** Refused as other ids are: the framework takes an empty parameter for no route. */
  // Of several slashes at the end the framework takes one away.
  @Get(':provider//')
  @ApiExcludeEndpoint()
  taskWithoutId(@Req() request: FastifyRequest): never {
    return this.refuseEmptyId(request, 'task');
  }

  @Get(':provider//artifact')
  @ApiExcludeEndpoint()
  artifactWithoutId(@Req() request: FastifyRequest): never {
    return this.refuseEmptyId(request, 'artifact');
  }

  private refuseEmptyId(request: FastifyRequest, resource: 'task' | 'artifact'): never {
    this.requests.read(request, resource);
    // Only a provider without a rule for its ids comes here.
    throw new Problem('route-not-found', { detail: 'Nothing is served at this path.' });
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

/** Tasks, their files, and many at once. */
@Module({
  imports: [AccessModule],
  controllers: [TasksController],
  providers: [
    TaskResolver,
    TokenClouds,
    TaskRequests,
    AccessProofs,
    TaskLookup,
    TasksService,
    ReferenceLookups,
    ExpressRoute,
    BatchService,
  ],
  exports: [TaskResolver, TokenClouds, TaskRequests, AccessProofs, TasksService, ReferenceLookups],
})
export class TasksModule {}
