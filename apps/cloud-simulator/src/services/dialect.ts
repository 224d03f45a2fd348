import type { Provider } from '@gateway/tasks';
import type { Reply } from '../http/reply.js';
import type { IdForm } from '../tasks/id-form.js';
import type { Outcome, TaskMoment } from '../tasks/living-task.js';

/** Why a service does not show a task. */
export type LookupError =
  | 'token-missing'
  | 'token-invalid'
  | 'token-expired'
  /** The credential opens another project than the one in the path. */
  | 'wrong-project'
  | 'forbidden'
  | 'malformed-task-id'
  | 'unknown-instance'
  | 'unknown-task';

/** What an error can repeat. */
export interface Asked {
  readonly requestId: string;
  readonly taskId: string;
  readonly instanceId: string;
}

/** How one service speaks. */
export interface Dialect {
  readonly provider: Provider;
  /** GET paths, the provider's and more, with `{projectId}`, `{instanceId}` and `{id}`. */
  readonly paths: readonly string[];
  readonly ids: IdForm;
  /** Type of a task that was made without one; empty where the service names none. */
  readonly defaultType: (outcome: Outcome) => string;
  /** How a task of a type can end. */
  readonly outcomes: (type: string) => readonly Outcome[];
  readonly errorReplies: Readonly<Record<LookupError, (asked: Asked) => Reply>>;
  /** Body of a living task. */
  readonly render: (moment: TaskMoment) => unknown;
}

/** What a service says in words of its own; the rest is derived from the provider's description. */
export type OwnDialect = Partial<Omit<Dialect, 'provider' | 'paths'>> & {
  /** Paths besides the provider's. */
  readonly morePaths?: readonly string[];
};
