import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import { callerOf } from '../access/caller.js';
import { abortSignalOf } from '../http/request-signal.js';
import { ProblemWriter } from '../http/problem-writer.js';
import { readBody } from '../http/read-body.js';
import { ApiBatchGet } from './tasks.openapi.js';
import { batchBody } from './batch-body.js';
import { BatchGetDto } from './batch.dto.js';
import { BatchService } from './batch.service.js';

import { cacheDirectives } from './cache-directives.js';

@ApiTags('tasks')
@Controller('tasks/batch-get')
export class BatchGetController {
  constructor(
    private readonly batch: BatchService,
    private readonly problems: ProblemWriter,
  ) {}

  @Post()
  @HttpCode(207)
  @ApiBatchGet()
  async batchGet(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<FastifyReply> {
    const violations: Violation[] = [];
    const wanted = readBody(BatchGetDto, body, violations);
    const caller = callerOf(request, violations);
    for (const parameter of Object.keys(request.query as object))
      violations.push({ detail: 'No query parameters are read here.', parameter: parameter.slice(0, 64) });
    if (violations.length > 0 || wanted === null) throw validationFailed(violations);
    const { tasks, view = 'full' } = wanted;
    const directives = cacheDirectives(request.headers['cache-control']);
    const items = this.batch.find(tasks, view, caller, directives, abortSignalOf(reply));
    const given = tasks.map((reference) => JSON.stringify(reference));
    const answer = await batchBody(items, given, this.problems.contextOf(request));
    return reply
      .header('cache-control', 'private, no-cache')
      .header('content-type', 'application/json; charset=utf-8')
      .send(answer);
  }
}
