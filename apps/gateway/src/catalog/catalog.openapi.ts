import { applyDecorators } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { cacheControl } from '../http/headers.openapi.js';
import {
  ACCESS,
  ACCESS_PROBLEMS,
  jsonReply,
  operation,
  parameter,
  problemReplies,
  PUBLIC,
} from '../http/operation.openapi.js';
import { ref } from '@gateway/tasks';
import { providerId } from '../tasks/task.schemas.js';

const NO_CACHE = cacheControl('catalog');

/** Documents `GET /providers`. */
export const ApiProviders = () =>
  applyDecorators(
    operation({
      id: 'listProviders',
      summary: 'What each provider can do',
      description: 'What each needs to find a task, the words that it uses, and whether it is healthy now.',
      security: ACCESS,
    }),
    jsonReply({ status: 200, description: 'All providers', schema: 'ProviderList', headers: NO_CACHE }),
    problemReplies(ACCESS_PROBLEMS),
  );

/** Documents `GET /providers/{provider}`. */
export const ApiProvider = () =>
  applyDecorators(
    operation({
      id: 'getProvider',
      summary: 'One provider with its error table',
      description: 'Also the words that this process did not know, and how often it heard them.',
      security: ACCESS,
    }),
    ApiParam(parameter('provider', providerId())),
    jsonReply({ status: 200, description: 'The provider', schema: 'ProviderDetail', headers: NO_CACHE }),
    problemReplies([...ACCESS_PROBLEMS, 'permission-denied', 'provider-not-found']),
  );

/** Documents `GET /problems`. */
export const ApiProblems = () =>
  applyDecorators(
    operation({
      id: 'listProblems',
      summary: 'Every kind of problem',
      description: 'Meaning, status and remedy of each; open to everybody, because whoever gets a problem may need it.',
      security: PUBLIC,
    }),
    jsonReply({ status: 200, description: 'All problem types', schema: 'ProblemTypeList', headers: NO_CACHE }),
    problemReplies(),
  );

/** Documents `GET /problems/{slug}`. */
export const ApiProblem = () =>
  applyDecorators(
    operation({
      id: 'getProblem',
      summary: 'One kind of problem with the upstream codes behind it',
      description: 'The `type` of every problem leads here.',
      security: PUBLIC,
    }),
    ApiParam({
      ...parameter('slug', ref('KnownProblemSlug')),
      description: 'Name of the problem type',
      example: 'task-not-found',
    }),
    jsonReply({ status: 200, description: 'The problem type', schema: 'ProblemTypeDetail', headers: NO_CACHE }),
    problemReplies(['route-not-found']),
  );
