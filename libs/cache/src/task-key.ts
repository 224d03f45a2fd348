import { hash } from 'node:crypto';
import type { TaskScope } from '@gateway/tasks';

/** Where tasks of one provider live. */
export interface ScopeKey extends TaskScope {
  readonly provider: string;
}

/** What one stored answer is about; two answers are the same entry only if every member is equal. */
export interface TaskKey extends ScopeKey {
  readonly id: string;
}

/** Version of the key layout and of what is stored. Gateways of two versions never read each other's entries. */
export const SCHEMA_VERSION = 2;

/** A JSON array keeps `['a', 'b:c']` and `['a:b', 'c']` apart; members of the object besides these take no part. */
export function taskText({ provider, region, projectId, instanceId, id }: TaskKey): string {
  return JSON.stringify([provider, region, projectId, instanceId, id]);
}

export function scopeText({ provider, region, projectId, instanceId }: ScopeKey): string {
  return JSON.stringify([provider, region, projectId, instanceId]);
}

/** Names in Redis of what belongs to one task. They hold no id text, and the braces put them into one cluster slot. */
export interface TaskNames {
  readonly result: string;
  readonly negative: string;
  readonly lease: string;
}

/** @param asker whose credential asks: what one was refused, and what one waits for, is nobody else's */
export function taskNames(task: string, asker: string): TaskNames {
  const result = resultName(task);
  return { result, negative: `${result}:no:${asker}`, lease: `${result}:lease:${asker}` };
}

export function resultName(task: string): string {
  return `tg:v${SCHEMA_VERSION}:{${digest(task)}}`;
}

export function proofName(principal: string, scope: string): string {
  return `tg:v${SCHEMA_VERSION}:proof:{${digest(JSON.stringify([principal, scope]))}}`;
}

export const PURGES_NAME = `tg:v${SCHEMA_VERSION}:{purges}`;
export const EVENTS_CHANNEL = `tg:v${SCHEMA_VERSION}:events`;

function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
