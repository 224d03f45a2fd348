import { hash } from 'node:crypto';
import type { TaskScope } from '@gateway/tasks';

/** The partition of answers that everybody with a proof of the scope may read. */
export const SHARED_PARTITION = 'shared';

/** What one stored answer is about; two answers are the same entry only if every member is equal. */
export interface TaskKey extends TaskScope {
  /** {@link SHARED_PARTITION}, or an opaque text per principal where answers must not be shared. */
  readonly partition: string;
  readonly provider: string;
  readonly id: string;
}

const PARTS = ['partition', 'provider', 'region', 'projectId', 'instanceId', 'id'] as const;

/** Version of the key layout and the envelope. Gateways of two versions never read each other's entries. */
export const SCHEMA_VERSION = 1;

/** The parts in their fixed order, without whatever else the object holds. */
export function keyParts(key: TaskKey): readonly (string | null)[] {
  return PARTS.map((part) => key[part]);
}

/**
 * Name of the entry. A JSON array keeps `['a', 'b:c']` and `['a:b', 'c']` apart; hashed, the name holds no id text, has
 * one length, and the braces put whatever is kept about a task into one cluster slot.
 */
export function entryName(key: TaskKey): string {
  return `tg:v${SCHEMA_VERSION}:{${hash('sha256', JSON.stringify(keyParts(key)), 'base64url')}}`;
}
