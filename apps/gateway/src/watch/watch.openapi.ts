import { ref, TASK_VIEWS, text } from '@gateway/tasks';
import { ACCESS_PROBLEMS, inHeader, inQuery, operation, TASK_ACCESS } from '../http/operation.openapi.js';
import { headersOf } from '../http/replies.openapi.js';
import { CACHE_CONTROL, LOOKUP, OWN_TOKEN_REFUSED, TASK_NAME } from '../tasks/tasks.openapi.js';
import { VERSION_PATTERN } from './watch.dto.js';

const STREAM_HEADERS = headersOf(['Cache-Control-stream', 'X-Accel-Buffering']);

const stream = (description: string) => ({
  description,
  headers: STREAM_HEADERS,
  content: { 'text/event-stream': { schema: ref('StreamEvent') } },
});

const EVENTS =
  'Server-sent events (WHATWG HTML): the name of each is the `kind` of the JSON in its `data`. `task` comes at first, unless you ' +
  'know that version, and whenever the task has changed: always its newest state, not each one between. `problem` tells that ' +
  'a lookup failed, once for each `code`: where it is `retryable`, the task is followed on, else nothing more comes about it. ' +
  '`end` is the last one, and its `reason` tells whether to come again. A comment comes after 15 seconds of silence; give up ' +
  'a stream that is silent for 35. A stream lives for a quarter of an hour at most, and never longer than your credential.';

export const ApiWatchTask = operation({
  id: 'watchTask',
  summary: 'Changes of one task, as a stream',
  description: `${EVENTS} The id of each \`task\` is its \`version\`: after a loss, send the last one as Last-Event-ID.`,
  security: TASK_ACCESS,
  parameters: [
    ...TASK_NAME,
    CACHE_CONTROL,
    inQuery(
      'view',
      text('How much is shown: `basic` empties result, parameters and children, because an export can be megabytes.', {
        enum: [...TASK_VIEWS],
        default: 'basic',
      }),
    ),
    inHeader(
      'Last-Event-ID',
      text('`version` of the task as you know it: it is not sent again.', {
        pattern: VERSION_PATTERN.source,
        maxLength: 64,
        examples: ['7y_FJLiRPr3L1Nzk6_XKVw'],
      }),
    ),
  ],
  replies: {
    200: stream('The stream; each event holds one JSON.'),
    204: {
      description: 'The task is done, and you know its version: nothing will come.',
      headers: headersOf(['Cache-Control-stream']),
    },
  },
  problems: LOOKUP,
  more: OWN_TOKEN_REFUSED,
});

export const ApiWatchTasks = operation({
  id: 'watchTasks',
  summary: 'Changes of up to 100 tasks, as one stream',
  description:
    `${EVENTS} A lookup that fails at first is a \`problem\`, too. Events have no ids: after a loss, and to follow other tasks, ` +
    'send a new request with the versions that you know. It is a GET with a body: nothing is changed by it.',
  security: TASK_ACCESS,
  parameters: [CACHE_CONTROL],
  body: { schema: 'WatchTasksRequest', description: 'The tasks to follow, and how much of each is shown.' },
  replies: { 200: stream('The stream; each event holds one JSON, whose `ref` names the task.') },
  problems: [...ACCESS_PROBLEMS, 'request-timeout', 'body-too-large', 'unsupported-media-type'],
});
