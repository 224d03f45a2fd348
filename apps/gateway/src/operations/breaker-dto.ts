import { IsIn } from 'class-validator';
import type { BreakerControl } from '@gateway/upstream';

/** Who decides about a breaker. */
export class BreakerDto {
  @IsIn(['open', 'closed', 'auto']) readonly state!: BreakerControl;
}
