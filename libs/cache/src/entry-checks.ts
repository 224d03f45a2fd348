import type { TaskAddress } from '@gateway/tasks';
import type { StoredTask } from './stored-task.js';

/** Why there was no answer, as the gateway words it: JSON, and opaque here. */
export type Refusal = Readonly<Record<string, unknown>>;

/** What only the gateway knows of its entries: asked about each that was read from Redis, before it is used. */
export interface EntryChecks {
  /** @param isOurs whether who wrote it knows the secret */
  readonly task: (stored: StoredTask, address: TaskAddress, isOurs: boolean) => boolean;
  readonly refusal: (refusal: Refusal) => boolean;
}
