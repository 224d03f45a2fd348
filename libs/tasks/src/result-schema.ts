import type { DescribedSchema } from './schema.js';
import type { JsonObject, TaskResult } from './task.js';

/** What `Task.result` holds for some task types of a provider: the source of its schema in the OpenAPI document. */
export interface ResultSchema {
  /** The provider's id, a dot and a camelCase word: tells callers which member of `Task.result` holds it. */
  readonly kind: string;
  /** Raw task types that have this result. */
  readonly types: readonly string[];
  /** All members are always present; a member that can be missing is null. */
  readonly members: Readonly<Record<string, DescribedSchema>>;
}

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

/** The members of a result, in words. */
export function describeMembers({ members }: Pick<ResultSchema, 'members'>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(members).map(([member, { description }]) => [member, description]));
}
