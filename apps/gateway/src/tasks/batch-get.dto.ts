import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { TASK_VIEWS } from '@gateway/tasks';
import type { TaskView } from '@gateway/tasks';

export const MAX_BATCH = 100;
const MAX_TEXT = 8192;

export class TaskReferenceDto {
  @IsString() @MaxLength(MAX_TEXT) readonly provider: string;
  @IsString() @MaxLength(MAX_TEXT) readonly id: string;
  @IsOptional() @IsString() @MaxLength(MAX_TEXT) readonly region?: string;
  @IsOptional() @IsString() @MaxLength(MAX_TEXT) readonly projectId?: string;
  @IsOptional() @IsString() @MaxLength(MAX_TEXT) readonly instanceId?: string;
}

export class BatchGetDto {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BATCH)
  @ValidateNested({ each: true })
  @Type(() => TaskReferenceDto)
  readonly tasks: readonly TaskReferenceDto[];

  @IsOptional() @IsIn(TASK_VIEWS) readonly view?: TaskView;
}
