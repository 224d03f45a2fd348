import { PROVIDERS } from '@gateway/providers';
import { TASK_VIEWS } from '@gateway/tasks';
import type { Provider } from '@gateway/tasks';
import { SCOPE_PATTERN } from '../config/scope-pattern.js';
import { MAX_BATCH } from '../tasks/batch-get.dto.js';
import { integer, list, object, ref, text } from './schema.js';
import type { Schema } from './schema.js';

/** No id and no part of a scope is longer; the specs of the providers hold their patterns to it. */
export const MAX_NAME = 64;

const SCOPE_TEXTS: Readonly<Record<string, string>> = {
  region: 'Region; a configured default fills it',
  projectId: 'Project; a configured default fills it, or the project of your own token',
  instanceId: 'Instance; a configured default fills it',
};

/** A part of a scope in a request. */
export const scopeMember = (name: string, more = ''): Schema =>
  text(`${SCOPE_TEXTS[name]}${more}`, { pattern: SCOPE_PATTERN.source, maxLength: MAX_NAME });

const referenceName = ({ id }: Provider): string => `${id.slice(0, 1).toUpperCase()}${id.slice(1)}TaskReference`;

const references = PROVIDERS.map((provider) => {
  const scope = ['region', ...provider.scope];
  const schema = object(
    `Names a task of ${provider.title}, which is found by its id and ${scope.join(', ')}`,
    {
      provider: text('Route key of the provider', { const: provider.id }),
      id: text('Upstream id', { pattern: provider.idPattern.source, maxLength: MAX_NAME }),
      ...Object.fromEntries(scope.map((member) => [member, scopeMember(member)])),
    },
    scope,
  );
  return [referenceName(provider), schema] as const;
});

export const BATCH_SCHEMAS: Readonly<Record<string, Schema>> = {
  ...Object.fromEntries(references),
  TaskReference: {
    description: 'Names a task. Which parts of the scope there are depends on the provider',
    oneOf: references.map(([name]) => ref(name)),
    discriminator: {
      propertyName: 'provider',
      mapping: Object.fromEntries(
        PROVIDERS.map((provider) => [provider.id, `#/components/schemas/${referenceName(provider)}`]),
      ),
    },
  },
  BatchGetRequest: object(
    'Up to 100 tasks in one request',
    {
      tasks: list(ref('TaskReference'), 'The same task may be named twice: it is asked for once', {
        minItems: 1,
        maxItems: MAX_BATCH,
      }),
      // No `default`: some generators take a member that has one for a member that is always there.
      view: text('For all items; full where it is left out', { enum: [...TASK_VIEWS] }),
    },
    ['view'],
  ),
  GivenReference: object(
    'The reference as it was given, whatever is wrong with it',
    {
      provider: text('As given'),
      id: text('As given'),
      region: text('As given'),
      projectId: text('As given'),
      instanceId: text('As given'),
    },
    ['region', 'projectId', 'instanceId'],
  ),
  BatchFound: object('The lookup worked, whatever became of the task', {
    ref: ref('GivenReference'),
    status: { type: 'integer', description: 'The HTTP status that the task alone would have had', const: 200 },
    etag: text('Validator of the task, as the task alone would have had it'),
    task: ref('Task'),
  }),
  BatchFailed: object('The lookup failed, which says nothing about the task', {
    ref: ref('GivenReference'),
    status: integer('The HTTP status that the task alone would have had', { minimum: 400, maximum: 599 }),
    problem: ref('Problem'),
  }),
  BatchGetReply: object('Answers about each task', {
    items: list(
      { oneOf: [ref('BatchFound'), ref('BatchFailed')] },
      'In request order; `task` or `problem` tells which',
      {
        minItems: 1,
        maxItems: MAX_BATCH,
      },
    ),
  }),
};
