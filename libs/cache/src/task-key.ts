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
export const SCHEMA_VERSION = 5;

/** Keys that live longer than a request are written once. */
const texts = new WeakMap<TaskKey, string>();
const names = new WeakMap<TaskKey, string>();

/** A JSON array keeps `['a', 'b:c']` and `['a:b', 'c']` apart; members of the object besides these take no part. */
export function taskText(key: TaskKey): string {
  const known = texts.get(key);
  if (known !== undefined) return known;
  const { provider, region, projectId, instanceId, id } = key;
  const text = JSON.stringify([provider, region, projectId, instanceId, id]);
  texts.set(key, text);
  return text;
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
export function taskNames(key: TaskKey, asker: string): TaskNames {
  const result = resultName(key);
  return { result, negative: `${result}:no:${asker}`, lease: `${result}:lease:${asker}` };
}

export function resultName(key: TaskKey): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = `tg:v${SCHEMA_VERSION}:{${digest(taskText(key))}}`;
  names.set(key, name);
  return name;
}

export function proofName(principal: string, scope: string): string {
  return `tg:v${SCHEMA_VERSION}:proof:{${digest(JSON.stringify([principal, scope]))}}`;
}

export const PURGES_NAME = `tg:v${SCHEMA_VERSION}:{purges}`;
export const REVOKED_NAME = `${PURGES_NAME}:revoked`;
export const EVENTS_CHANNEL = `tg:v${SCHEMA_VERSION}:events`;

function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
