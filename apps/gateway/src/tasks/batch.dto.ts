import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsString,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { closedObject, integer, list, object, ref, TASK_VIEWS, text, word } from '@gateway/tasks';
import type { Schema, ScopeMember, TaskView } from '@gateway/tasks';
import { providerId } from './task.schemas.js';

export const MAX_BATCH = 100;
const MAX_TEXT = 8192;

/** Left out is fine; null is not what the document says. */
export const IfGiven = (): PropertyDecorator => ValidateIf((_object, value) => value !== undefined);

export class TaskReferenceDto {
  @IsString() @MaxLength(MAX_TEXT) readonly provider: string;
  @IsString() @MaxLength(MAX_TEXT) readonly id: string;
  @IfGiven() @IsString() @MaxLength(MAX_TEXT) readonly region?: string;
  @IfGiven() @IsString() @MaxLength(MAX_TEXT) readonly projectId?: string;
  @IfGiven() @IsString() @MaxLength(MAX_TEXT) readonly instanceId?: string;
}

export class BatchGetDto {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BATCH)
  @ValidateNested({ each: true })
  @Type(() => TaskReferenceDto)
  readonly tasks: readonly TaskReferenceDto[];

  @IfGiven() @IsIn(TASK_VIEWS) readonly view?: TaskView;
}

/** A task that the demo knows. */
export const EXAMPLE = {
  provider: 'dms',
  id: '8abfa7b272adc5b40172b73130065ae7',
  region: 'eu-demo-1',
  projectId: 'ac234de25c6741d2b1273da49eea1b9e',
  instanceId: 'c4f2a1b6-3c9e-4c51-9b27-0d1c6a8e7f30',
} as const;

/** Upstream id of a task in a request: room for those of any provider, whose own pattern requests are held to. */
export const taskId = () =>
  text('Id of the task at the upstream, verbatim; `GET /providers` tells what ids look like.', {
    minLength: 1,
    maxLength: 512,
    examples: [EXAMPLE.id],
  });

const SCOPE: Readonly<Record<ScopeName, string>> = {
  region: 'Region to ask in. A configured default fills it.',
  projectId: 'Project that the task belongs to. A configured default fills it, or the project of your own token.',
  instanceId: 'Instance that the task belongs to, where the provider has instances. A configured default fills it.',
};
type ScopeName = 'region' | ScopeMember;

/** A part of a scope in a request; there is room for `owner/repository`. */
export const scopeMember = (name: ScopeName) =>
  text(SCOPE[name], { minLength: 1, maxLength: 256, examples: [EXAMPLE[name]] });

/** Names a task in a body. @param more members besides, which can be left out */
export const taskReference = (description: string, more: Readonly<Record<string, Schema>> = {}) =>
  closedObject(
    description,
    {
      provider: providerId(),
      id: taskId(),
      region: scopeMember('region'),
      projectId: scopeMember('projectId'),
      instanceId: scopeMember('instanceId'),
      ...more,
    },
    ['region', 'projectId', 'instanceId', ...Object.keys(more)],
  );

export const BATCH_SCHEMAS: Readonly<Record<string, Schema>> = {
  TaskReference: taskReference(
    'Names a task. Which parts of the scope there are depends on the provider: `GET /providers` tells, and also what its ' +
      'ids look like.',
  ),
  BatchGetRequest: closedObject(
    'Up to 100 tasks in one request.',
    {
      tasks: list('The tasks to look up. One that is named twice is asked for once.', ref('TaskReference'), {
        minItems: 1,
        maxItems: MAX_BATCH,
      }),
      // No `default`: some generators take a member that has one for a member that is always there.
      view: text('View of all items; full where it is left out.', { enum: [...TASK_VIEWS] }),
    },
    ['view'],
  ),
  GivenReference: object(
    'The reference as it was given, whatever is wrong with it.',
    {
      provider: text('The provider as it was given.'),
      id: text('The id as it was given.'),
      region: text('The region as it was given.'),
      projectId: text('The project as it was given.'),
      instanceId: text('The instance as it was given.'),
    },
    ['region', 'projectId', 'instanceId'],
  ),
  BatchTask: object('The lookup worked, whatever became of the task.', {
    kind: word('Tells the kinds of items and events apart.', 'task'),
    ref: ref('GivenReference'),
    status: integer('The HTTP status that the task alone would have had.', { minimum: 200, maximum: 299 }),
    etag: text('Validator of the task, as the task alone would have had it.'),
    task: ref('Task'),
  }),
  BatchProblem: object(
    'The lookup failed, or the answer has no room for the task; neither says anything about the task.',
    {
      kind: word('Tells the kinds of items and events apart.', 'problem'),
      ref: ref('GivenReference'),
      status: integer('The HTTP status that the task alone would have had; 413 where the answer has no room for it.', {
        minimum: 400,
        maximum: 599,
      }),
      problem: ref('Problem'),
    },
  ),
  BatchItem: {
    description: 'The answer about one task; `kind` tells which it is.',
    oneOf: [ref('BatchTask'), ref('BatchProblem')],
    discriminator: {
      propertyName: 'kind',
      mapping: { task: ref('BatchTask').$ref, problem: ref('BatchProblem').$ref },
    },
  },
  BatchGetReply: object('The answers about each task.', {
    items: list('One item for each task, in request order.', ref('BatchItem'), { minItems: 1, maxItems: MAX_BATCH }),
  }),
};
