import { closedObject, integer, list, object, ref, TASK_VIEWS, text, word } from '@gateway/tasks';
import type { Schema, ScopeMember } from '@gateway/tasks';
import { MAX_BATCH } from './batch.dto.js';
import { providerId } from './task.schemas.js';

/** A task that the demo knows: what the page of the document asks for unless told otherwise. */
export const EXAMPLE = { provider: 'dms', id: '8abfa7b272adc5b40172b73130065ae7' };

/** Room for the ids of any provider; each has a pattern of its own, which the gateway holds requests to. */
const MAX_ID = 512;

/** Room for parts of a scope, `owner/repository` among them. */
const MAX_NAME = 256;

/** Upstream id of a task in a request. */
export const taskId = (): Schema =>
  text('Upstream id of the task, verbatim; GET /providers tells what ids look like', {
    minLength: 1,
    maxLength: MAX_ID,
    examples: [EXAMPLE.id],
  });

const SCOPE: Readonly<Record<ScopeName, { readonly description: string; readonly example: string }>> = {
  region: { description: 'Region; a configured default fills it', example: 'eu-de' },
  projectId: {
    description: 'Project; a configured default fills it, or the project of your own token',
    example: '0605767b4c80d5a02fa9c01b4b5b8c40',
  },
  instanceId: {
    description: 'Instance; a configured default fills it',
    example: '9a1c0d2e-5b7f-4c1a-8e3d-6f4b2a7c9d10',
  },
};
export type ScopeName = 'region' | ScopeMember;

/** A part of a scope in a request. */
export const scopeMember = (name: ScopeName, more = ''): Schema =>
  text(`${SCOPE[name].description}${more}`, { minLength: 1, maxLength: MAX_NAME, examples: [SCOPE[name].example] });

export const BATCH_SCHEMAS: Readonly<Record<string, Schema>> = {
  TaskReference: closedObject(
    'Names a task. Which parts of the scope there are depends on the provider: GET /providers tells, and also what its ' +
      'ids look like',
    {
      provider: providerId(),
      id: taskId(),
      region: scopeMember('region'),
      projectId: scopeMember('projectId'),
      instanceId: scopeMember('instanceId'),
    },
    ['region', 'projectId', 'instanceId'],
  ),
  BatchGetRequest: closedObject(
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
  BatchTask: object('The lookup worked, whatever became of the task', {
    kind: word('Tells the two kinds of items apart', 'task'),
    ref: ref('GivenReference'),
    status: integer('The HTTP status that the task alone would have had', { minimum: 200, maximum: 299 }),
    etag: text('Validator of the task, as the task alone would have had it'),
    task: ref('Task'),
  }),
  BatchProblem: object(
    'The lookup failed, or the answer has no room for the task; neither says anything about the task',
    {
      kind: word('Tells the two kinds of items apart', 'problem'),
      ref: ref('GivenReference'),
      status: integer('The HTTP status that the task alone would have had; 413 where the answer has no room for it', {
        minimum: 400,
        maximum: 599,
      }),
      problem: ref('Problem'),
    },
  ),
  BatchItem: {
    description: 'Answer about one task; `kind` tells which',
    oneOf: [ref('BatchTask'), ref('BatchProblem')],
    discriminator: {
      propertyName: 'kind',
      mapping: { task: '#/components/schemas/BatchTask', problem: '#/components/schemas/BatchProblem' },
    },
  },
  BatchGetReply: object('Answers about each task', {
    items: list(ref('BatchItem'), 'In request order', { minItems: 1, maxItems: MAX_BATCH }),
  }),
};
