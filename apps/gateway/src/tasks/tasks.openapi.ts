import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { PROVIDERS } from '@gateway/providers';
import type { ProblemSlug } from '@gateway/problems';
import { TASK_VIEWS } from '@gateway/tasks';
import { scopeMember, taskId } from './batch.schemas.js';
import type { ScopeName } from './batch.schemas.js';
import { providerId } from './task.schemas.js';
import {
  cacheControl,
  COMMON_HEADERS,
  CONTENT_DISPOSITION,
  RETRY_AFTER,
  TASK_HEADERS,
} from '../http/headers.openapi.js';
import {
  ACCESS_PROBLEMS,
  jsonReply,
  operation,
  parameter,
  problemReplies,
  schemaRef,
  TASK_ACCESS,
} from '../http/operation.openapi.js';

const LOOKUP: readonly ProblemSlug[] = [
  'unauthenticated',
  'permission-denied',
  'account-restricted',
  'provider-not-found',
  'task-not-found',
  'scope-not-found',
  'rate-limited',
  'upstream-credentials-rejected',
  'upstream-misconfigured',
  'upstream-error',
  'upstream-bad-response',
  'upstream-unreachable',
  'upstream-throttled',
  'upstream-unavailable',
  'gateway-busy',
  'upstream-timeout',
  'not-in-cache',
];
const OWN_TOKEN_REFUSED = { 401: "upstream-credentials-rejected: the caller's own token was refused." };
const KNOWN_ALREADY = 'The caller has this version already';

/** Who needs a part of the scope, for readers and for programs. */
function scopeParameter(name: ScopeName): MethodDecorator {
  const users = PROVIDERS.filter(({ scope }) => name === 'region' || scope.includes(name)).map(({ id }) => id);
  const who = `. Needed by ${users.length === PROVIDERS.length ? 'every provider' : users.join(', ')}`;
  const asked = { ...parameter(name, scopeMember(name, who)), required: false, 'x-needed-by': users };
  return ApiQuery(asked);
}

const taskRequest = () =>
  applyDecorators(
    ApiParam(parameter('provider', providerId())),
    ApiParam(parameter('id', taskId())),
    scopeParameter('region'),
    scopeParameter('projectId'),
    scopeParameter('instanceId'),
    cachingHeader(),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'Validators already known, from ETag: 304 if one of them still holds',
      schema: { type: 'string', maxLength: 8_192, examples: ['W/"7y_FJLiRPr3L1Nzk6_XKVw"'] },
    }),
  );

const cachingHeader = () =>
  ApiHeader({
    name: 'Cache-Control',
    required: false,
    description:
      'no-cache asks the upstream; only-if-cached never does; max-age=N takes nothing older than N seconds; no-store asks ' +
      'the upstream, and the answer is not kept',
    schema: { type: 'string', maxLength: 256, examples: ['no-cache'] },
  });

/** Documents `GET /tasks/{provider}/{id}`. */
export const ApiTask = () =>
  applyDecorators(
    operation({
      id: 'getTask',
      summary: 'State of one task',
      description:
        'A task that failed is a 200 with its reason in `error`; a lookup that failed is a problem and says nothing about the ' +
        'task. Ask again after `pollAfterSeconds`, until `done`.',
      security: TASK_ACCESS,
    }),
    taskRequest(),
    ApiQuery({
      name: 'view',
      required: false,
      description: 'basic empties result, parameters and children: an export can be megabytes',
      schema: { type: 'string', enum: [...TASK_VIEWS], default: 'full' },
    }),
    jsonReply({
      status: 200,
      description: 'The task, whatever its state',
      schema: 'Task',
      headers: { ...TASK_HEADERS, ...RETRY_AFTER },
    }),
    ApiResponse({
      status: 304,
      description: KNOWN_ALREADY,
      headers: { ...COMMON_HEADERS, ...TASK_HEADERS, ...RETRY_AFTER },
    }),
    problemReplies(LOOKUP, OWN_TOKEN_REFUSED),
  );

/** Documents `GET /tasks/{provider}/{id}/artifact`. */
export const ApiArtifact = () =>
  applyDecorators(
    operation({
      id: 'getTaskArtifact',
      summary: 'File that a finished task made',
      description:
        'For example the API document of an APIG export. `links.artifact` of the task is there if a file is.',
      security: TASK_ACCESS,
    }),
    taskRequest(),
    ApiResponse({
      status: 200,
      description: 'The file, with its own media type',
      headers: { ...COMMON_HEADERS, ...TASK_HEADERS, ...CONTENT_DISPOSITION },
      content: { '*/*': { schema: { type: 'string', format: 'binary' } } },
    }),
    ApiResponse({ status: 304, description: KNOWN_ALREADY, headers: { ...COMMON_HEADERS, ...TASK_HEADERS } }),
    problemReplies([...LOOKUP, 'artifact-not-found'], OWN_TOKEN_REFUSED),
  );

/** Documents `POST /tasks/batch-get`. */
export const ApiBatchGet = () =>
  applyDecorators(
    operation({
      id: 'batchGetTasks',
      summary: 'State of up to 100 tasks',
      description:
        'One deadline for all; an upstream that is slow or broken costs only its own items, each of which has its own status. ' +
        'Nothing is changed by it.',
      security: TASK_ACCESS,
    }),
    cachingHeader(),
    ApiBody({
      required: true,
      schema: schemaRef('BatchGetRequest'),
      description: 'Tasks to look up',
    }),
    jsonReply({
      status: 207,
      description:
        'One item for each task, in request order. All tasks together are no larger than the gateway sends in one answer: one ' +
        'that does not fit is the problem `answer-too-large` of its item',
      schema: 'BatchGetReply',
      headers: cacheControl('task'),
    }),
    problemReplies([...ACCESS_PROBLEMS, 'request-timeout', 'body-too-large', 'unsupported-media-type']),
  );
