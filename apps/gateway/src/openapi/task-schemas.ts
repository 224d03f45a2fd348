import { PROVIDERS } from '@gateway/providers';
import { FAILURE_CODES, TASK_OUTCOMES, TASK_SOURCES, TASK_STATUSES, TASK_VIEWS } from '@gateway/tasks';
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
} from './schema.js';
import type { Schema } from './schema.js';

/** Members that every task has, whoever runs it. */
export const TASK_MEMBERS: Readonly<Record<string, Schema>> = {
  id: text('Upstream id, verbatim'),
  provider: ref('ProviderId'),
  scope: ref('TaskScope'),
  status: text(
    'Life-cycle state. Extensible: branch on `done`, and treat a word you do not know as `unknown`, which is what the ' +
      'gateway says for an upstream word that it does not know',
    { examples: [...TASK_STATUSES], 'x-extensible-enum': [...TASK_STATUSES] },
  ),
  done: boolean('Whether the task has ended: it will not change any more'),
  outcome: nullable(ref('TaskOutcome'), 'How it ended; null until done'),
  upstreamStatus: text("The upstream's own word; empty where it sent none"),
  type: textOrNull("The upstream's own name for this kind of task; null where it sent none"),
  progress: nullable(ref('TaskProgress'), 'How far it is; null where the upstream does not say'),
  createdAt: timeOrNull('When it was recorded'),
  startedAt: timeOrNull('When it began'),
  updatedAt: timeOrNull('When its record last changed'),
  endedAt: timeOrNull('When it ended; only when done'),
  parameters: nullable(ref('OpenObject'), 'What the task was asked to do, without secrets'),
  result: nullable(ref('OpenObject'), 'What it brought; only when done and not failed'),
  error: nullable(ref('TaskError'), 'Why it failed; only when failed'),
  resources: list(ref('TaskResource'), 'What it made or touched'),
  counts: nullable(ref('TaskCounts'), 'For tasks that are made of items'),
  children: list(ref('ChildTask'), 'Sub-jobs, in upstream order'),
  observedAt: text('When the upstream was really asked, RFC 3339 in UTC', { format: 'date-time' }),
  source: ref('TaskSource'),
  pollAfterSeconds: integerOrNull('Seconds until it is worth asking again; null when done. Same as Retry-After'),
  version: text('Changes when the task changes; the ETag is made of it'),
};

/** Members that a task has, and a sub-job has not. */
export const TOP_MEMBERS: Readonly<Record<string, Schema>> = { view: ref('TaskView'), links: ref('TaskLinks') };

/** What tasks of all providers are made of. */
export const TASK_PARTS: Readonly<Record<string, Schema>> = {
  ProviderId: text('Route key of a provider', { enum: PROVIDERS.map(({ id }) => id) }),
  TaskOutcome: text('`partial`: it succeeded, and some of its items failed', { enum: [...TASK_OUTCOMES] }),
  TaskSource: text(
    'Where this answer came from: the upstream just now, the memory of the gateway, or its memory because the upstream ' +
      'is failing',
    { enum: [...TASK_SOURCES] },
  ),
  TaskView: text('`basic` empties result, parameters and children', { enum: [...TASK_VIEWS] }),
  OpenObject: map({}, 'Any members: they are the upstream’s own, or of a kind that is not documented'),
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
      self: text('This task, with everything needed to resume elsewhere', { format: 'uri-reference' }),
      artifact: text('The file that it made; only where it made one', { format: 'uri-reference' }),
    },
    ['artifact'],
  ),
};
