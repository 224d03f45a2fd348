import { FAILURE_CODES, TASK_OUTCOMES, TASK_SOURCES, TASK_STATUSES, TASK_VIEWS } from '@gateway/tasks';
import { PROBLEM_SLUGS, problemCode } from '@gateway/problems';
import { MAX_BATCH } from '../tasks/batch-get.dto.js';

type Schema = Readonly<Record<string, unknown>>;

const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more });
const textOrNull = (description: string, more: Schema = {}): Schema => ({
  type: ['string', 'null'],
  description,
  ...more,
});
const integer = (description: string, more: Schema = {}): Schema => ({
  type: 'integer',
  minimum: 0,
  description,
  ...more,
});
const integerOrNull = (description: string): Schema => ({ type: ['integer', 'null'], minimum: 0, description });
const boolean = (description: string): Schema => ({ type: 'boolean', description });
const time = (description: string): Schema => textOrNull(`${description}, RFC 3339 in UTC`, { format: 'date-time' });
const freeObjectOrNull = (description: string): Schema => ({
  type: ['object', 'null'],
  additionalProperties: true,
  description,
});
const list = (items: Schema, description?: string): Schema => ({
  type: 'array',
  items,
  ...(description === undefined ? {} : { description }),
});
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const nullable = (schema: Schema): Schema => ({ oneOf: [schema, { type: 'null' }] });
/** An object whose members are all required unless they are named as optional. */
const object = (
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
  more: Schema = {},
): Schema => ({
  type: 'object',
  required: Object.keys(properties).filter((member) => !optional.includes(member)),
  properties,
  additionalProperties: false,
  ...more,
});

const childMembers: Readonly<Record<string, Schema>> = {
  id: text('Upstream id, verbatim'),
  provider: text('Route key of the provider'),
  scope: ref('TaskScope'),
  status: text('Life-cycle state. Extensible: branch on `done`, and treat a value you do not know as `unknown`', {
    examples: [...TASK_STATUSES],
    'x-extensible-enum': [...TASK_STATUSES],
  }),
  done: boolean('Whether the task can still change'),
  outcome: textOrNull(
    'How it ended: success, partial (succeeded, and some items failed), failure or cancelled; null until done',
    {
      enum: [...TASK_OUTCOMES, null],
    },
  ),
  upstreamStatus: text("The upstream's own word; empty where it sent none"),
  type: textOrNull('Raw job type'),
  progress: nullable(ref('TaskProgress')),
  createdAt: time('When it was recorded'),
  startedAt: time('When it began'),
  updatedAt: time('When its record last changed'),
  endedAt: time('When it ended; only when done'),
  parameters: freeObjectOrNull('What the task was asked to do, without secrets'),
  result: freeObjectOrNull('What it brought, typed per provider and type; only when done and not failed'),
  error: nullable(ref('TaskError')),
  resources: list(ref('TaskResource'), 'What it made or touched'),
  counts: nullable(ref('TaskCounts')),
  children: list(ref('ChildTask'), 'Sub-jobs, in upstream order'),
  observedAt: text('When the upstream was really asked, RFC 3339 in UTC', { format: 'date-time' }),
  source: text('Where this answer came from', { enum: [...TASK_SOURCES] }),
  pollAfterSeconds: integerOrNull('Seconds until it is worth asking again; null when done. Same as Retry-After'),
  version: text('Changes when the task changes; the ETag is made of it'),
};

const providerMembers: Readonly<Record<string, Schema>> = {
  id: text('Route key'),
  title: text('Name of the service'),
  documentation: text("The upstream's own documentation", { format: 'uri' }),
  scope: list(text('Query parameter'), 'What its tasks are found by, besides the id'),
  idPattern: text('ECMA-262 pattern of its ids'),
  statuses: {
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Upstream words and what they mean here',
  },
  taskTypes: {
    type: 'object',
    additionalProperties: object({
      title: text('Name'),
      result: { type: 'object', additionalProperties: { type: 'string' } },
    }),
    description: 'Known raw types and the members of their `result`',
  },
  poll: object({ minSeconds: integer('For a fresh task'), maxSeconds: integer('For an old one') }),
  retentionSeconds: integerOrNull('How long the upstream keeps finished tasks; null where undocumented'),
  healthy: boolean('False while a breaker is open in any region'),
  regions: list(
    object({
      name: text('Region'),
      breaker: text('State of the circuit breaker', { enum: ['closed', 'open', 'half-open'] }),
      retryAfterSeconds: integerOrNull('Seconds until an open breaker lets a probe through'),
      ownToken: boolean('Whether callers bring their own token as X-Auth-Token'),
    }),
  ),
};

const errorRow: Readonly<Record<string, Schema>> = {
  code: text('Upstream code, or a /pattern/ of codes'),
  http: list({ type: 'integer' }, 'HTTP statuses it was documented or seen with'),
  message: textOrNull('Pattern of the message that narrows the row'),
  problem: text('Slug of the problem that it becomes', { enum: [...PROBLEM_SLUGS] }),
  repeat: text('Whether the gateway asks again', { enum: ['never', 'once', 'backoff', 'new-token'] }),
  cause: text('What happened'),
  remedy: text('What to do'),
};

const problemTypeMembers: Readonly<Record<string, Schema>> = {
  type: text('Its URL', { format: 'uri' }),
  slug: text('Its name', { enum: [...PROBLEM_SLUGS] }),
  code: text('Stable machine name'),
  status: integer('HTTP status'),
  title: text('Short name'),
  meaning: text('What happened'),
  remedy: text('What the caller can do'),
  retryable: boolean('Whether the same request can succeed later'),
};

const referenceMembers: Readonly<Record<string, Schema>> = {
  provider: text('Route key of the provider'),
  id: text('Task id'),
  region: text('Region; a configured default fills it'),
  projectId: text('Project; a configured default fills it'),
  instanceId: text('Instance; a configured default fills it'),
};
const optionalReference = ['region', 'projectId', 'instanceId'];

/** JSON Schemas (2020-12) of everything that goes in and out. Replies are checked against these in the tests. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  TaskScope: object({
    region: textOrNull('Region'),
    projectId: textOrNull('Project'),
    instanceId: textOrNull('Instance'),
  }),
  TaskProgress: object({
    percent: { type: ['integer', 'null'], minimum: 0, maximum: 100, description: '100 only when succeeded' },
    step: textOrNull('What it is doing'),
  }),
  TaskError: object({
    code: text('Cross-provider vocabulary', { enum: [...FAILURE_CODES] }),
    detail: textOrNull("The upstream's text without secrets"),
    upstream: object({ code: textOrNull('Raw code') }),
  }),
  TaskResource: object(
    {
      type: text('Kind, such as image or api'),
      id: text('Its id'),
      name: text('Its name'),
      action: text('What was done to it'),
    },
    ['name', 'action'],
  ),
  TaskCounts: object({ succeeded: integer('Items'), failed: integer('Items'), ignored: integer('Items') }),
  ChildTask: object(childMembers),
  Task: object({
    ...childMembers,
    view: text('basic leaves out result, parameters and children', { enum: [...TASK_VIEWS] }),
    links: object(
      { self: text('This task, with everything needed to resume elsewhere'), artifact: text('The file that it made') },
      ['artifact'],
      { description: 'Path-absolute references' },
    ),
  }),
  TaskReference: object(referenceMembers, optionalReference),
  BatchGetRequest: object(
    {
      tasks: { type: 'array', minItems: 1, maxItems: MAX_BATCH, items: ref('TaskReference') },
      view: text('For all items', { enum: [...TASK_VIEWS], default: 'full' }),
    },
    ['view'],
  ),
  BatchGetReply: object({
    items: list(
      {
        oneOf: [
          object({
            ref: ref('TaskReference'),
            status: { const: 200 },
            etag: text('Validator of the task'),
            task: ref('Task'),
          }),
          object({ ref: ref('TaskReference'), status: integer('HTTP status'), problem: ref('Problem') }),
        ],
      },
      'In request order',
    ),
  }),
  Problem: object(
    {
      type: text('URL of the problem type', { format: 'uri' }),
      title: text('Short name of the problem type'),
      status: integer('HTTP status'),
      detail: text('What happened this time'),
      instance: text('urn:uuid: of the request'),
      code: text('Stable machine name', { examples: PROBLEM_SLUGS.map(problemCode) }),
      provider: textOrNull('Provider that was asked'),
      retryable: boolean('Whether the same request can succeed later'),
      retryAfterSeconds: integerOrNull('Seconds to wait; same as Retry-After'),
      requestId: text('Same as X-Request-Id'),
      upstream: nullable(
        object({
          status: integerOrNull('HTTP status of the upstream'),
          code: textOrNull('Raw code of the upstream'),
          requestId: textOrNull("The upstream's own request id"),
        }),
      ),
      errors: list(ref('Violation'), 'Every violation, for validation-failed'),
    },
    ['errors'],
    { description: 'Problem details, RFC 9457' },
  ),
  Violation: object(
    {
      detail: text('What is wrong'),
      pointer: text('Place in the body, RFC 6901'),
      parameter: text('Path or query parameter'),
      header: text('Request header'),
    },
    ['pointer', 'parameter', 'header'],
  ),
  Provider: object(providerMembers),
  ProviderList: object({ providers: list(ref('Provider')) }),
  ProviderDetail: object({
    ...providerMembers,
    errors: list(object(errorRow), 'What the provider refuses with, and what that means here'),
    unknownWords: object({
      statusWords: { type: 'object', additionalProperties: { type: 'integer' } },
      errorCodes: { type: 'object', additionalProperties: { type: 'integer' } },
    }),
  }),
  ProblemType: object(problemTypeMembers),
  ProblemTypeList: object({ problems: list(ref('ProblemType')) }),
  ProblemTypeDetail: object({
    ...problemTypeMembers,
    upstreamCodes: list(
      object({ source: text('Provider id, front, common or iam'), ...errorRow }),
      'Upstream codes that become this problem',
    ),
  }),
  Liveness: object({ status: { const: 'alive' } }),
  Readiness: object({
    status: { const: 'ready' },
    degraded: boolean('Whether something is missing that the gateway can do without'),
    redis: text('State of Redis', { enum: ['not-configured', 'up', 'down'] }),
    upstreams: list(
      object({
        provider: text('Route key'),
        region: text('Region'),
        breaker: text('State of the circuit breaker', { enum: ['closed', 'open', 'half-open'] }),
      }),
    ),
  }),
};
