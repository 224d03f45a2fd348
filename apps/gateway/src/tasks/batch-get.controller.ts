import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemDocument, validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import { callerOf } from '../access/caller.js';
import { abortSignalOf } from '../http/abort-signal.js';
import { RequestNames } from '../http/request-names.js';
import { readBody } from '../http/read-body.js';
import { ApiBatchGet } from '../openapi/task-operations.js';
import { BatchGetDto } from './batch-get.dto.js';
import { BatchGetService } from './batch-get.service.js';
import { cacheDirectives } from './cache-directives.js';

@ApiTags('tasks')
@Controller('tasks/batch-get')
export class BatchGetController {
  constructor(
    private readonly batch: BatchGetService,
    private readonly names: RequestNames,
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
    const found = await this.batch.find(tasks, view, caller, directives, abortSignalOf(reply));
    const context = this.names.contextOf(request);
    const items = found.map((item, index) => {
      const ref = JSON.stringify(tasks[index]);
      // Tasks are text already.
      return 'problem' in item
        ? `{"kind":"problem","ref":${ref},"status":${item.status},"problem":${JSON.stringify(problemDocument(item.problem, context))}}`
        : `{"kind":"task","ref":${ref},"status":${item.status},"etag":${JSON.stringify(item.etag)},"task":${item.body}}`;
    });
    return reply
      .header('cache-control', 'private, no-cache')
      .header('content-type', 'application/json; charset=utf-8')
      .send(`{"items":[${items.join(',')}]}`);
  }
}
