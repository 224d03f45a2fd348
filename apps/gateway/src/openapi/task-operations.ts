import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { PROVIDERS } from '@gateway/providers';
import type { ProblemSlug } from '@gateway/problems';
import { TASK_VIEWS } from '@gateway/tasks';
import { jsonReply, operation, problemReplies, schemaRef } from './operation.js';

const TASK_HEADERS = {
  ETag: { description: 'Weak validator of the task in this view', schema: { type: 'string' as const } },
  'Cache-Control': { description: 'private, no-cache', schema: { type: 'string' as const } },
  'Cache-Status': { description: 'RFC 9211: how the cache took part', schema: { type: 'string' as const } },
  Vary: { description: 'Request headers that can change the answer', schema: { type: 'string' as const } },
  Age: {
    description: 'Seconds since the upstream was asked; on answers from the cache',
    schema: { type: 'integer' as const },
  },
};
const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds until it is worth asking again; while the task runs',
    schema: { type: 'integer' as const },
  },
};

const LOOKUP: readonly ProblemSlug[] = [
  'validation-failed',
  'unauthenticated',
  'permission-denied',
  'account-restricted',
  'provider-not-found',
  'task-not-found',
  'scope-not-found',
  'uri-too-long',
  'rate-limited',
  'internal-error',
  'upstream-credentials-rejected',
  'upstream-misconfigured',
  'upstream-error',
  'upstream-bad-response',
  'upstream-unreachable',
  'upstream-throttled',
  'upstream-unavailable',
  'upstream-timeout',
  'not-in-cache',
];
const OWN_TOKEN_REFUSED = { 401: "upstream-credentials-rejected: the caller's own token was refused." };

const taskRequest = () =>
  applyDecorators(
    ApiParam({
      name: 'provider',
      description: 'Route key',
      schema: { type: 'string', examples: PROVIDERS.map(({ id }) => id) },
    }),
    ApiParam({ name: 'id', description: 'Upstream task id', schema: { type: 'string' } }),
    ...['region', 'projectId', 'instanceId'].map((name) =>
      ApiQuery({ name, required: false, description: 'A configured default fills it', schema: { type: 'string' } }),
    ),
    requestHeaders(),
    ApiHeader({ name: 'If-None-Match', required: false, description: 'Entity tags already known' }),
  );

const requestHeaders = () =>
  applyDecorators(
    ApiHeader({
      name: 'X-Auth-Token',
      required: false,
      description: "The caller's own cloud token, where a region asks for it",
    }),
    ApiHeader({
      name: 'Cache-Control',
      required: false,
      description: 'no-cache asks the upstream; only-if-cached never does; max-age bounds the age',
    }),
  );

/** Documents `GET /tasks/{provider}/{id}`. */
export const ApiTask = () =>
  applyDecorators(
    operation(
      'getTask',
      'State of one task',
      'A task that failed is a 200 with its reason in `error`; a lookup that failed is a problem.',
    ),
    taskRequest(),
    ApiQuery({ name: 'view', required: false, schema: { type: 'string', enum: [...TASK_VIEWS], default: 'full' } }),
    jsonReply(200, 'The task, whatever its state', 'Task', { ...TASK_HEADERS, ...RETRY_AFTER }),
    ApiResponse({
      status: 304,
      description: 'The caller has this version already',
      headers: { ...TASK_HEADERS, ...RETRY_AFTER },
    }),
    problemReplies(LOOKUP, OWN_TOKEN_REFUSED),
  );

/** Documents `GET /tasks/{provider}/{id}/artifact`. */
export const ApiArtifact = () =>
  applyDecorators(
    operation('getTaskArtifact', 'File that a finished task made', 'For example the API document of an APIG export.'),
    taskRequest(),
    ApiResponse({
      status: 200,
      description: 'The file, with its own media type',
      headers: {
        ...TASK_HEADERS,
        'Content-Disposition': { description: 'attachment, with the file name', schema: { type: 'string' } },
      },
      content: { '*/*': { schema: {} } },
    }),
    ApiResponse({ status: 304, description: 'The caller has this version already', headers: TASK_HEADERS }),
    problemReplies([...LOOKUP, 'artifact-not-found'], OWN_TOKEN_REFUSED),
  );

/** Documents `POST /tasks/batch-get`. */
export const ApiBatchGet = () =>
  applyDecorators(
    operation(
      'batchGetTasks',
      'State of up to 100 tasks',
      'One deadline for all; an upstream that is slow or broken costs only its own items.',
    ),
    requestHeaders(),
    ApiBody({ required: true, schema: schemaRef('BatchGetRequest') }),
    jsonReply(207, 'One item for each task, in request order', 'BatchGetReply'),
    problemReplies([
      'validation-failed',
      'unauthenticated',
      'body-too-large',
      'uri-too-long',
      'unsupported-media-type',
      'internal-error',
      'upstream-unavailable',
    ]),
  );
