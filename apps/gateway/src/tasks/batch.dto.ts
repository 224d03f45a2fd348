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
import { TASK_VIEWS } from '@gateway/tasks';
import type { TaskView } from '@gateway/tasks';

export const MAX_BATCH = 100;
const MAX_TEXT = 8192;

/** Left out is fine; null is not what the document says. */
const IfGiven = (): PropertyDecorator => ValidateIf((_object, value) => value !== undefined);

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
