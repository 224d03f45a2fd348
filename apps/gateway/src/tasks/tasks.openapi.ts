import type { ProblemSlug } from '@gateway/problems';
import { TASK_VIEWS, text } from '@gateway/tasks';
import { headersOf, TASK_HEADERS } from '../http/replies.openapi.js';
import { ACCESS_PROBLEMS, inHeader, inPath, inQuery, json, operation, TASK_ACCESS } from '../http/operation.openapi.js';
import { scopeMember, taskId } from './batch.dto.js';
import { providerId } from './task.schemas.js';

/** What a lookup can fail with. */
export const LOOKUP: readonly ProblemSlug[] = [
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
export const OWN_TOKEN_REFUSED = { 401: "upstream-credentials-rejected: The caller's own token was refused." };
const KNOWN_ALREADY = 'The caller has this version already.';

export const CACHE_CONTROL = inHeader(
  'Cache-Control',
  text(
    '`no-cache` asks the upstream; `only-if-cached` never does; `max-age=N` takes nothing older than N seconds; ' +
      '`no-store` asks the upstream, and the answer is not kept.',
    { maxLength: 256, examples: ['no-cache'] },
  ),
);

/** What names a task in a URL. */
export const TASK_NAME = [
  inPath('provider', providerId()),
  inPath('id', taskId()),
  inQuery('region', scopeMember('region')),
  inQuery('projectId', scopeMember('projectId')),
  inQuery('instanceId', scopeMember('instanceId')),
];

const TASK_PARAMETERS = [
  ...TASK_NAME,
  CACHE_CONTROL,
  inHeader(
    'If-None-Match',
    text('Validators that you know already, from ETag: the answer is 304 if one of them still holds.', {
      maxLength: 8_192,
      examples: ['W/"7y_FJLiRPr3L1Nzk6_XKVw"'],
    }),
  ),
];

const STATE_HEADERS = [...TASK_HEADERS, 'Retry-After', 'Preference-Applied'] as const;

const PREFER = inHeader(
  'Prefer',
  text(
    '`wait=N` (RFC 7240) waits for at most N whole seconds until the task is done; with If-None-Match, until it has ' +
      'changed. What is no whole number above zero is ignored, and what is above the limit of the gateway is cut to it. ' +
      'The lookup is made first: if it fails, its problem comes at once.',
    { maxLength: 256, examples: ['wait=50'] },
  ),
);

export const ApiTask = operation({
  id: 'getTask',
  summary: 'State of one task',
  description:
    'A task that failed is a 200 with its reason in `error`; a lookup that failed is a problem and says nothing about the ' +
    'task. Ask again after `pollAfterSeconds`, until `done`; or send `Prefer: wait=50`, and the answer comes when the task is ' +
    'done, with If-None-Match when it has changed, and at the end of that time as it is then.',
  security: TASK_ACCESS,
  parameters: [
    ...TASK_PARAMETERS,
    PREFER,
    inQuery(
      'view',
      text('How much is shown: `basic` empties result, parameters and children, because an export can be megabytes.', {
        enum: [...TASK_VIEWS],
        default: 'full',
      }),
    ),
  ],
  replies: {
    200: json('The task, whatever its state.', 'Task', STATE_HEADERS),
    304: { description: KNOWN_ALREADY, headers: headersOf(STATE_HEADERS) },
  },
  problems: LOOKUP,
  more: OWN_TOKEN_REFUSED,
  problemHeaders: ['Preference-Applied'],
});

export const ApiArtifact = operation({
  id: 'getTaskArtifact',
  summary: 'File that a finished task made',
  description: 'For example the API document of an APIG export. `links.artifact` of the task is there if a file is.',
  security: TASK_ACCESS,
  parameters: TASK_PARAMETERS,
  replies: {
    200: {
      description: 'The file, with its own media type.',
      headers: headersOf([...TASK_HEADERS, 'Content-Disposition']),
      content: { '*/*': { schema: { type: 'string', format: 'binary' } } },
    },
    304: { description: KNOWN_ALREADY, headers: headersOf(TASK_HEADERS) },
  },
  problems: [...LOOKUP, 'artifact-not-found'],
  more: OWN_TOKEN_REFUSED,
});

export const ApiBatchGet = operation({
  id: 'batchGetTasks',
  summary: 'State of up to 100 tasks',
  description:
    'One deadline for all; an upstream that is slow or broken costs only its own items, each of which has its own status. ' +
    'Nothing is changed by it.',
  security: TASK_ACCESS,
  parameters: [CACHE_CONTROL],
  body: { schema: 'BatchGetRequest', description: 'The tasks to look up, and how much of each is shown.' },
  replies: {
    207: json(
      'One item for each task, in request order. All tasks together are no larger than the gateway sends in one answer: one ' +
        'that does not fit is the problem `answer-too-large` of its item.',
      'BatchGetReply',
      ['Cache-Control-task'],
    ),
  },
  problems: [...ACCESS_PROBLEMS, 'request-timeout', 'body-too-large', 'unsupported-media-type'],
});
