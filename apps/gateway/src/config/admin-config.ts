import { IsInt, IsString, Max, Min, MinLength } from 'class-validator';
import { IsHost } from '@gateway/settings';

/** The listener for operators: apart from the callers' one, and off where this section is missing. */
export class AdminConfig {
  @IsHost() readonly host: string = '127.0.0.1';
  @IsInt() @Min(0) @Max(65_535) readonly port: number = 3001;
  /** What operators send as `Authorization: Bearer`. */
  @IsString() @MinLength(32) readonly token: string;
}
