import { Controller, Get, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Problem } from '@gateway/problems';
import { TaskRequests } from './task-request.js';

/** Refuses URLs of tasks whose id is empty as it refuses other ids: the framework takes an empty parameter for no route. */
@ApiExcludeController()
@Controller('tasks/:provider')
export class EmptyIdController {
  constructor(private readonly requests: TaskRequests) {}

  // Of several slashes at the end the framework takes one away.
  @Get('//')
  task(@Req() request: FastifyRequest): never {
    return this.refuse(request, 'task');
  }

  @Get('//artifact')
  artifact(@Req() request: FastifyRequest): never {
    return this.refuse(request, 'artifact');
  }

  private refuse(request: FastifyRequest, resource: 'task' | 'artifact'): never {
    this.requests.read(request, resource);
    // Only a provider without a rule for its ids comes here.
    throw new Problem('route-not-found', { detail: 'Nothing is served at this path.' });
  }
}
