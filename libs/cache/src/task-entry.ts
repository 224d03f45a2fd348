import { isObject } from '@gateway/tasks';
import type { Artifact } from '@gateway/tasks';
import { isFreshOrSince, writeEnvelope } from './envelope.js';
import type { Envelope, Lifetime, Seal } from './envelope.js';

/** An answer about a task as it is served again: ready text, and what its headers are made of. */
export interface TaskSnapshot {
  /** Whether the task is done, and cannot live again: only then it can be kept for long. */
  readonly final: boolean;
  /** What the ETag is made of, and of its characters: no space, no quote. */
  readonly version: string;
  /** Epoch milliseconds: when the upstream was asked. */
  readonly observedAt: number;
  /** Seconds; null when done. */
  readonly pollAfterSeconds: number | null;
  /** The Task as JSON, without line breaks. */
  readonly body: string;
  readonly artifact: Artifact | null;
}

/** A snapshot in a store: served without asking while it is fresh. Shared by all its readers: not to be changed. */
export interface StoredTask extends TaskSnapshot, Lifetime {
  /** Key of its address: checked whenever it is read. */
  readonly task: string;
}

/**
 * Whether a snapshot that is still kept answers without asking.
 * @param now epoch milliseconds
 * @param observedSince epoch milliseconds: whatever was observed since then will do; null: only what is fresh
 */
export function isUsable(stored: StoredTask, now: number, observedSince: number | null): boolean {
  return isFreshOrSince(stored, stored.observedAt, now, observedSince);
}

/** @param name in Redis */
export function encodeTask(seal: Seal, name: string, stored: StoredTask): string {
  const { task, final, version, observedAt, pollAfterSeconds, body, artifact, freshUntil, keptUntil, epoch } = stored;
  const file = artifact === null ? null : { fileName: artifact.fileName, mediaType: artifact.mediaType };
  return writeEnvelope(
    seal,
    name,
    { kind: final ? 'F' : 'U', at: observedAt, freshUntil, epoch },
    // The version first: a script looks for it there.
    { version, task, pollAfterSeconds, keptUntil, file },
    body,
    ...(artifact === null ? [] : [artifact.content]),
  );
}

/** Null for anything but a whole snapshot of this very task. */
export function decodeTask(task: string, envelope: Envelope): StoredTask | null {
  const { kind, at: observedAt, freshUntil, epoch, header, rest } = envelope;
  const { version, pollAfterSeconds, keptUntil, file } = header;
  if ((kind !== 'F' && kind !== 'U') || header['task'] !== task) return null;
  if (typeof version !== 'string' || !isSafe(keptUntil)) return null;
  if (pollAfterSeconds !== null && !isSafe(pollAfterSeconds)) return null;
  const bodyEnd = rest.indexOf('\n');
  const body = bodyEnd === -1 ? rest : rest.slice(0, bodyEnd);
  if (body === '' || (file === null) !== (bodyEnd === -1)) return null;
  const artifact = bodyEnd === -1 ? null : fileOf(file, rest.slice(bodyEnd + 1));
  if ((file === null) !== (artifact === null)) return null;
  const final = kind === 'F';
  return { task, final, version, observedAt, pollAfterSeconds, body, artifact, freshUntil, keptUntil, epoch };
}

function fileOf(file: unknown, content: string): Artifact | null {
  if (!isObject(file)) return null;
  const { fileName, mediaType } = file;
  return typeof fileName === 'string' && typeof mediaType === 'string' ? { fileName, mediaType, content } : null;
}

function isSafe(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
