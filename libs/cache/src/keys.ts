import { hash } from 'node:crypto';
import type { TaskAddress } from '@gateway/tasks';

/** Version of the key layout and of what is stored. Gateways of two versions never read each other's entries. */
export const SCHEMA_VERSION = 6;

/** Keys in Redis of what belongs to one task. They hold no id text, and the braces put them into one cluster slot. */
export interface TaskNames {
  readonly result: string;
  readonly negative: string;
  readonly lock: string;
}

/**
 * @param partition those who share a credential: its negative entries are nobody else's
 * @param lock among whom only one asks at a time: nobody but the partition, unless said otherwise
 */
export function taskNames(address: TaskAddress, partition: string, lock = partition): TaskNames {
  const result = resultName(address);
  return { result, negative: `${result}:negative:${partition}`, lock: `${result}:lock:${lock}` };
}

/** Addresses that outlive a request are hashed once: two hashes in each are a tenth of a hit from Redis (`--suite hit`). */
const resultNames = new WeakMap<TaskAddress, string>();

export function resultName(address: TaskAddress): string {
  let name = resultNames.get(address);
  if (name === undefined) resultNames.set(address, (name = `tg:v${SCHEMA_VERSION}:{${digest(address.key)}}`));
  return name;
}

/** @param scope of the tasks that the principal may read, see {@link TaskAddress} */
export function proofName(principal: string, scope: string): string {
  return `tg:v${SCHEMA_VERSION}:proof:{${digest(JSON.stringify([principal, scope]))}}`;
}

export const PURGES_NAME = `tg:v${SCHEMA_VERSION}:{purges}`;
export const REVOKED_NAME = `${PURGES_NAME}:revoked`;
export const EVENTS_CHANNEL = `tg:v${SCHEMA_VERSION}:events`;

function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
