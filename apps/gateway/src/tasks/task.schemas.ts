import { PROVIDERS } from '@gateway/providers';
import {
  FAILURE_CODES,
  resultMember,
  TASK_OUTCOMES,
  TASK_SOURCES,
  TASK_STATUSES,
  TASK_VIEWS,
  UNTYPED,
} from '@gateway/tasks';
import {
  boolean,
  integer,
  integerOrNull,
  list,
  map,
  nullable,
  object,
  ref,
  text,
  textOrNull,
  timeOrNull,
} from '@gateway/tasks';
import type { Schema } from '@gateway/tasks';

const capital = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1);

/** Route key of a provider: an open set, because a provider is no new version of the document. */
export const providerId = (description = 'Route key of the provider'): Schema =>
  text(description, { pattern: '^[a-z][a-z0-9-]*$', maxLength: 64, examples: PROVIDERS.map(({ id }) => id) });

/** What tasks of all providers bring, as far as it is described. */
const RESULTS = PROVIDERS.flatMap(({ title, results = [] }) => results.map((result) => ({ ...result, title })));

const resultSchemaName = (kind: string): string => `${capital(resultMember(kind))}Result`;

/** One schema for each kind of result, named after it. */
const RESULT_SCHEMAS: Readonly<Record<string, Schema>> = Object.fromEntries(
  RESULTS.map(({ kind, types, members, title }) => [
    resultSchemaName(kind),
    object(`What tasks of ${title} of type ${types.join(', ')} bring`, members),
  ]),
);

/** Members that every task has, sub-jobs too. */
const TASK_MEMBERS: Readonly<Record<string, Schema>> = {
  id: text('Upstream id, verbatim'),
  provider: providerId(),
  scope: ref('TaskScope'),
  status: ref('TaskStatus'),
  done: boolean('Whether the task has ended: branch on this, not on a list of words'),
  outcome: nullable(ref('TaskOutcome'), 'How it ended; null until done'),
  upstreamStatus: text("The upstream's own word; empty where it sent none"),
  type: textOrNull("The upstream's own name for this kind of task; null where it sent none", {
    examples: PROVIDERS.flatMap(({ taskTypes }) => Object.keys(taskTypes).slice(0, 1)),
  }),
  progress: nullable(ref('TaskProgress'), 'How far it is; null where the upstream does not say'),
  createdAt: timeOrNull('When it was recorded'),
  startedAt: timeOrNull('When it began'),
  updatedAt: timeOrNull('When its record last changed'),
  endedAt: timeOrNull('When it ended; only when done'),
  parameters: nullable(ref('OpenObject'), 'What the task was asked to do, without secrets'),
  result: nullable(ref('TaskResult'), 'What it brought; only when done, not failed, and in the full view'),
  error: nullable(ref('TaskError'), 'Why it failed; only when failed'),
  resources: list(ref('TaskResource'), 'What it made or touched'),
  counts: nullable(ref('TaskCounts'), 'For tasks that are made of items'),
  observedAt: text('When the upstream was really asked, RFC 3339 in UTC', { format: 'date-time' }),
  source: ref('TaskSource'),
  pollAfterSeconds: integerOrNull('Seconds until it is worth asking again; null when done. Same as Retry-After'),
  version: text('Changes when the task changes; the ETag is made of it'),
};

/** One form for the tasks of all providers: a provider adds its kinds of results, and nothing else. */
export const TASK_SCHEMAS: Readonly<Record<string, Schema>> = {
  Task: object(
    'A task in one form for all providers. All members are always present; what is not known is null. Members, task ' +
      'types and kinds of results that you do not know may come with any release: go on without them.',
    {
      ...TASK_MEMBERS,
      children: list(ref('ChildTask'), 'Sub-jobs in upstream order, those of a sub-job right after it'),
      view: ref('TaskView'),
      links: ref('TaskLinks'),
    },
  ),
  ChildTask: object('A sub-job: a task that cannot be asked for by itself', TASK_MEMBERS),
  TaskResult: object(
    'What a task brought: `kind` names the one member beside it that holds it, as `apig.import` names `apigImport`. ' +
      `Results of types that no schema describes are of kind \`${UNTYPED}\``,
    {
      kind: text('Which member holds the result; later releases may bring further kinds', {
        examples: [...RESULTS.map(({ kind }) => kind), UNTYPED],
      }),
      ...Object.fromEntries(RESULTS.map(({ kind }) => [resultMember(kind), ref(resultSchemaName(kind))])),
      [UNTYPED]: ref('OpenObject'),
    },
    [...RESULTS.map(({ kind }) => resultMember(kind)), UNTYPED],
  ),
  ...RESULT_SCHEMAS,
  TaskStatus: text('Life-cycle state. `unknown`: the upstream said a word that the gateway does not know', {
    enum: [...TASK_STATUSES],
  }),
  TaskOutcome: text('`partial`: it succeeded, and some of its items failed', { enum: [...TASK_OUTCOMES] }),
  TaskSource: text(
    'Where this answer came from: the upstream just now, the memory of the gateway, or its memory because the upstream ' +
      'is failing',
    { enum: [...TASK_SOURCES] },
  ),
  TaskView: text('`basic` empties result, parameters and children', { enum: [...TASK_VIEWS] }),
  OpenObject: map({}, "Any members: they are the upstream's own, without secrets"),
  TaskScope: object('What else the upstream path needed; what it did not need is null', {
    region: textOrNull('Region'),
    projectId: textOrNull('Project'),
    instanceId: textOrNull('Instance'),
  }),
  TaskProgress: object('At least one of the two is known', {
    percent: { type: ['integer', 'null'], minimum: 0, maximum: 100, description: '100 only when succeeded' },
    step: textOrNull('What it is doing'),
  }),
  TaskError: object('Why a task, or one of its items, failed', {
    code: text('One vocabulary for all providers', { enum: [...FAILURE_CODES] }),
    detail: textOrNull("The upstream's text without secrets"),
    upstream: object("In the upstream's words", { code: textOrNull('Raw code') }),
  }),
  TaskResource: object(
    'Something that the task made or touched',
    {
      type: text('Kind, such as image or api'),
      id: text('Its id'),
      name: text('Its name'),
      action: text('What was done to it'),
    },
    ['name', 'action'],
  ),
  TaskCounts: object('Items by how they ended', {
    succeeded: integer('Items that succeeded'),
    failed: integer('Items that failed'),
    ignored: integer('Items that were left as they were'),
  }),
  TaskLinks: object(
    'Path-absolute references',
    {
      self: text('This task, with everything needed to resume elsewhere'),
      artifact: text('The file that it made; only where it made one'),
    },
    ['artifact'],
  ),
};
