import type { JsonObject, TaskResult } from './task.js';

/** A JSON Schema (2020-12), as OpenAPI 3.1 has them: of the document, and of results in `/providers`. */
export type Schema = Readonly<Record<string, unknown>>;

/** A schema in words. */
export interface DescribedSchema extends Schema {
  readonly description: string;
}

const typed =
  (type: string | readonly string[], always: Schema = {}) =>
  (description: string, more: Schema = {}): DescribedSchema => ({ type, ...always, description, ...more });

export const text = typed('string');
export const textOrNull = typed(['string', 'null']);
export const integer = typed('integer', { minimum: 0 });
export const integerOrNull = typed(['integer', 'null'], { minimum: 0 });
export const boolean = typed('boolean');
export const timeOrNull = (description: string): DescribedSchema => textOrNull(description, { format: 'date-time' });
export const list = (description: string, items: Schema, more: Schema = {}): DescribedSchema => ({
  type: 'array',
  description,
  items,
  ...more,
});

/** An object of an answer, to which later releases may add. All members are required unless they are named as optional. */
export const object = (
  description: string,
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): DescribedSchema => ({
  type: 'object',
  description,
  required: Object.keys(properties).filter((member) => !optional.includes(member)),
  properties,
});

/** An object of a request: no other members are read. */
export const closedObject = (...what: Parameters<typeof object>): DescribedSchema => ({
  ...object(...what),
  additionalProperties: false,
});

/** Values by names that are nobody's to list. */
export const map = (description: string, values: Schema | true): DescribedSchema => ({
  type: 'object',
  description,
  additionalProperties: values,
});

export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** A choice between this and null: generators disagree about everything else, once it is no plain text or number. */
export const nullable = ({ description: own, ...schema }: Schema, description = String(own)): DescribedSchema => ({
  description,
  anyOf: [schema, { type: 'null' }],
});

/** A known word of the enum with this name, or one that a later release brings: clients that meet it go on. */
export const known = (description: string, name: string): DescribedSchema => ({
  description,
  anyOf: [ref(name), { type: 'string' }],
});

/** One word. An enum of one, because generators know no `const` in answers. */
export const word = (description: string, value: string): DescribedSchema => text(description, { enum: [value] });

/** What `Task.result` holds for some task types of a provider: the source of its schema in the OpenAPI document. */
export interface ResultSchema {
  /** The provider's id, a dot and a camelCase word: tells callers which member of `Task.result` holds it. */
  readonly kind: string;
  /** Raw task types that have this result; `any` where all tasks of the provider have it. */
  readonly types: readonly string[] | 'any';
  /** All members are always present; a member that can be missing is null. */
  readonly members: Readonly<Record<string, DescribedSchema>>;
}

/** Kind of the results that no schema describes. */
export const UNTYPED = 'untyped';

/** Member of `Task.result` that holds results of a kind: `apig.import` is in `apigImport`. */
export function resultMember(kind: string): string {
  return kind.replace(/[.-](\w)/g, (_mark, letter: string) => letter.toUpperCase());
}

/** The result that tasks of this raw type have; undefined where none describes it. */
export function resultOf(results: readonly ResultSchema[], type: string | null): ResultSchema | undefined {
  return results.find(({ types }) => types === 'any' || (type !== null && types.includes(type)));
}

/** `Task.result` as callers see it, of a task of this raw type. */
export function taskResult(results: readonly ResultSchema[], type: string | null, members: JsonObject): TaskResult {
  const kind = resultOf(results, type)?.kind ?? UNTYPED;
  return { kind, [resultMember(kind)]: members };
}

/** The members of a result, in words. */
export function describeMembers({ members }: Pick<ResultSchema, 'members'>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(members).map(([member, { description }]) => [member, description]));
}
