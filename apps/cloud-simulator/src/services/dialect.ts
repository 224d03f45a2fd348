import type { JsonObject } from '@gateway/tasks';
import type { Reply } from '../http/reply.js';
import type { Outcome, TaskMoment } from '../tasks/living-task.js';

/** Why a service does not show a task. */
export type Refusal =
  | 'token-missing'
  | 'token-invalid'
  | 'token-expired'
  /** The credential opens another project than the one in the path. */
  | 'wrong-project'
  | 'forbidden'
  | 'malformed-task-id'
  | 'unknown-instance'
  | 'unknown-task';

/** What a refusal can repeat. */
export interface Asked {
  readonly requestId: string;
  readonly taskId: string;
  readonly instanceId: string;
}

/** How one service speaks. */
export interface Dialect {
  /** First segment of its paths here, and host label of its endpoints in the clouds. */
  readonly service: string;
  /** GET paths with `{project}`, `{instance}` and `{task}`. */
  readonly paths: readonly string[];
  /** Whether its tasks belong to instances. */
  readonly hasInstances: boolean;
  readonly taskId: RegExp;
  /** Type of a task that was made without one. */
  readonly defaultType: string;
  /** How a task of a type can end. */
  readonly outcomes: (type: string) => readonly Outcome[];
  readonly refuse: Readonly<Record<Refusal, (asked: Asked) => Reply>>;
  /** Body of a living task. */
  readonly render: (moment: TaskMoment) => JsonObject;
}

/** Ids of the clouds: 32 hexadecimal digits, some as UUIDs. */
export const CLOUD_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
