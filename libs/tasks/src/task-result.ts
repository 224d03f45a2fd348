import type { ResultSchema } from './result-schema.js';
import type { JsonObject, TaskResult } from './task.js';

/** Kind of the results that no schema describes. */
export const UNTYPED = 'untyped';

/** Member of `Task.result` that holds results of a kind: `apig.import` is in `apigImport`. */
export function resultMember(kind: string): string {
  return kind.replace(/\.(\w)/g, (_dot, letter: string) => letter.toUpperCase());
}

/** `Task.result` as callers see it, of a task of this raw type. */
export function taskResult(results: readonly ResultSchema[], type: string | null, members: JsonObject): TaskResult {
  const kind = results.find(({ types }) => type !== null && types.includes(type))?.kind ?? UNTYPED;
  return { kind, [resultMember(kind)]: members };
}
