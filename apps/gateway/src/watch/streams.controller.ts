import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, validationFailed } from '@gateway/problems';
import type { LookupTarget } from '@gateway/upstream';
import type { Violation } from '@gateway/problems';
import { callerOf } from '../access/guard.js';
import { readBody } from '../http/read-body.js';
import { whileHere } from '../http/request-context.js';
import { newBulkheads } from '../tasks/reference-lookups.js';
import { isDone } from '../tasks/task-reply.js';
import { cacheDirectives, queryViolations, TaskRequests } from '../tasks/task-request.js';
import type { TaskRequest } from '../tasks/task-request.js';
import { TaskResolver } from '../tasks/task-resolver.js';
import { TasksService } from '../tasks/tasks.service.js';
import { TokenClouds } from '../tasks/token-clouds.js';
import { sendStreamHead } from './stream-head.js';
import { StreamLookups, wantedTasks } from './stream-lookups.js';
import { TaskEvents } from './task-events.js';
import type { TaskStream } from './task-stream.js';
import { TaskStreams } from './task-streams.js';
import { VERSION_PATTERN, WatchTasksDto } from './watch.dto.js';
import { ApiWatchTask, ApiWatchTasks } from './watch.openapi.js';

/** Streams of what becomes of tasks (`text/event-stream`). */
@ApiTags('tasks')
@Controller('tasks')
export class StreamsController {
  constructor(
    private readonly requests: TaskRequests,
    private readonly resolver: TaskResolver,
    private readonly tokenClouds: TokenClouds,
    private readonly tasks: TasksService,
    private readonly lookups: StreamLookups,
    private readonly streams: TaskStreams,
  ) {}

  @Get(':provider/:id/events')
  @ApiWatchTask
  async one(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    reply.header('vary', `${String(reply.getHeader('vary'))}, Last-Event-ID`);
    const violations: Violation[] = [];
    const known = lastEventId(request, violations);
    const asked = this.requests.read(request, 'events', violations);
    await this.streams.withPlace(asked.caller, () => this.openOne(request, reply, asked, known));
  }

  @Post('events')
  @HttpCode(200)
  @ApiWatchTasks
  async many(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const violations: Violation[] = [];
    const wanted = readBody(WatchTasksDto, body, violations);
    const caller = callerOf(request, violations);
    violations.push(...queryViolations(request.query));
    // What is malformed names no clouds.
    if (violations.length === 0 && wanted !== null)
      violations.push(...this.tokenClouds.violations(wanted.tasks, caller, 'stream'));
    if (violations.length > 0 || wanted === null) throw validationFailed(violations);
    const tasks = wantedTasks(wanted.tasks);
    const directives = cacheDirectives(request.headers['cache-control']);
    await this.streams.withPlace(caller, async () => {
      const stream = this.streams.begin(request, reply, caller, wanted.view ?? 'basic', false, tasks.length);
      const directivesOf = (target: LookupTarget) => this.streams.directivesOf(target, directives, false);
      void whileHere(reply, (signal) =>
        this.lookups.lookUpAll(stream, tasks, { caller, directivesOf, signal, bulkheads: newBulkheads() }),
      );
      return stream;
    });
  }

  /** Refused as other ids are: the framework takes an empty parameter for no route. */
  @Get(':provider//events')
  @ApiExcludeEndpoint()
  withoutId(@Req() request: FastifyRequest): never {
    this.requests.read(request, 'events');
    // Only a provider without a rule for its ids comes here.
    throw new Problem('route-not-found', { detail: 'Nothing is served at this path.' });
  }

  /** All that comes before the head; null where there is nothing to wait for. */
  private async openOne(
    request: FastifyRequest,
    reply: FastifyReply,
    { named, caller, view, directives }: TaskRequest,
    known: string | null,
  ): Promise<TaskStream | null> {
    const [target, first] = await whileHere(reply, async (signal) => {
      const target = await this.resolver.resolve(named, caller, signal);
      return [
        target,
        await this.tasks.find(target, caller, this.streams.directivesOf(target, directives, true), signal),
      ];
    });
    if (isDone(first) && first.version === known) {
      reply.status(204).header('cache-control', 'no-store, no-transform').send();
      return null;
    }
    if (request.method === 'HEAD') {
      sendStreamHead(reply).end();
      return null;
    }
    const { provider, id } = request.params as { readonly provider: string; readonly id: string };
    const reference = { ...(request.query as object), provider, id };
    const stream = this.streams.begin(request, reply, caller, view, true, 1);
    this.streams.follow(stream, caller, new TaskEvents(stream, reference, known), reference, target, first);
    return stream;
  }
}

/** The version that the reader of one task has; null for none. */
function lastEventId({ headers }: FastifyRequest, violations: Violation[]): string | null {
  // Several fields come as one.
  const field = headers['last-event-id'] as string | undefined;
  if (field === undefined || field === '') return null;
  if (VERSION_PATTERN.test(field)) return field;
  violations.push({
    detail: 'Last-Event-ID must be 1 to 64 letters, digits, hyphens and underscores.',
    header: 'Last-Event-ID',
  });
  return null;
}
