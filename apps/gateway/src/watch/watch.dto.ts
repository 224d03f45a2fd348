import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, Matches, ValidateNested } from 'class-validator';
import { closedObject, list, object, ref, TASK_VIEWS, text, word } from '@gateway/tasks';
import type { Schema, TaskView } from '@gateway/tasks';
import { IfGiven, MAX_BATCH, taskReference, TaskReferenceDto } from '../tasks/batch.dto.js';

/** What a version of a task looks like in a request. */
export const VERSION_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

export class WatchedReferenceDto extends TaskReferenceDto {
  @IfGiven()
  @Matches(VERSION_PATTERN, { message: '$property must be 1 to 64 letters, digits, hyphens and underscores' })
  readonly version?: string;
}

export class WatchTasksDto {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BATCH)
  @ValidateNested({ each: true })
  @Type(() => WatchedReferenceDto)
  readonly tasks: readonly WatchedReferenceDto[];

  @IfGiven() @IsIn(TASK_VIEWS) readonly view?: TaskView;
}

/** Why a stream ends; a closed set within a major version of the document. */
export const END_REASONS = ['done', 'refused', 'credentials-expired', 'rotate', 'shutdown'] as const;
export type EndReason = (typeof END_REASONS)[number];

export const WATCH_SCHEMAS: Readonly<Record<string, Schema>> = {
  WatchedReference: taskReference('Names a task, and the version of it that you know already.', {
    version: text('`version` of the task as you know it: it is not sent again.', {
      pattern: VERSION_PATTERN.source,
      minLength: 1,
      maxLength: 64,
    }),
  }),
  WatchTasksRequest: closedObject(
    'Up to 100 tasks in one stream.',
    {
      tasks: list('The tasks to follow.', ref('WatchedReference'), {
        minItems: 1,
        maxItems: MAX_BATCH,
      }),
      view: text('View of all tasks; basic where it is left out.', { enum: [...TASK_VIEWS] }),
    },
    ['view'],
  ),
  StreamEvent: {
    description: 'The JSON of one event; `kind` tells which it is, as the name of the event does.',
    oneOf: [ref('BatchTask'), ref('BatchProblem'), ref('EndEvent')],
    discriminator: {
      propertyName: 'kind',
      mapping: {
        task: ref('BatchTask').$ref,
        problem: ref('BatchProblem').$ref,
        end: ref('EndEvent').$ref,
      },
    },
  },
  EndEvent: object('The last event of a stream.', {
    kind: word('Tells the kinds of events apart.', 'end'),
    reason: ref('EndReason'),
  }),
  EndReason: text(
    'Why the stream ends. `rotate` and `shutdown`: come again, with the versions that you know. Do not come again for ' +
      '`done`: nothing is left to follow; `refused`: the cloud refused your token; `credentials-expired`: your credential ' +
      'has ended, so that you need another one first.',
    { enum: [...END_REASONS] },
  ),
};
