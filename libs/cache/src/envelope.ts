import { isObject, parseTime } from '@gateway/tasks';
import { SCHEMA_VERSION, keyParts } from './task-key.js';
import type { TaskKey } from './task-key.js';
import { isFinalPayload } from './task-payload.js';
import type { TaskPayload } from './task-payload.js';

/** A stored answer that says what it is, so that a reader need not believe the name it was found under. */
export interface Envelope {
  readonly v: number;
  /** The parts of its key, in their fixed order. */
  readonly key: readonly (string | null)[];
  /** RFC 3339: when the upstream was asked. */
  readonly observedAt: string;
  /** Epoch milliseconds. */
  readonly storedUntil: number;
  readonly payload: TaskPayload;
}

/** Deepest nesting that is served again; what is deeper was not written by this gateway. */
const MAX_DEPTH = 256;

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

export function seal(key: TaskKey, payload: TaskPayload, observedAt: string, storedUntil: number): Envelope {
  const { task, artifact, version } = payload;
  return { v: SCHEMA_VERSION, key: keyParts(key), observedAt, storedUntil, payload: { task, artifact, version } };
}

/** Whether this is an envelope of this version, about this key, with a final answer in it. Says nothing about its age. */
export function isEnvelopeFor(value: unknown, key: TaskKey): value is Envelope {
  return (
    isObject(value) &&
    value['v'] === SCHEMA_VERSION &&
    isSameKey(value['key'], key) &&
    isInstant(value['observedAt']) &&
    Number.isSafeInteger(value['storedUntil']) &&
    isFinalPayload(value['payload'], key.id)
  );
}

/** Reads stored text; null for anything but an envelope for this key. */
export function openEnvelope(text: string, key: TaskKey): Envelope | null {
  let value: unknown;
  try {
    // Not `parseJson`: it turns long integers into text, and what was written is to be read back unchanged.
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return !isTooDeep(value) && isEnvelopeFor(value, key) ? value : null;
}

function isSameKey(value: unknown, key: TaskKey): boolean {
  const parts = keyParts(key);
  return Array.isArray(value) && value.length === parts.length && parts.every((part, index) => part === value[index]);
}

function isInstant(value: unknown): boolean {
  return typeof value === 'string' && RFC_3339.test(value) && parseTime(value, ['iso']) !== null;
}

/** Level by level, not recursively: the depth of stored text is what is in doubt. */
function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    const inner: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const member of Object.values(item)) if (typeof member === 'object' && member !== null) inner.push(member);
    }
    level = inner;
  }
  return false;
}
