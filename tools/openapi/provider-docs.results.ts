import { resultMember } from '@gateway/tasks';
import type { ResultSchema, Schema } from '@gateway/tasks';
import { code, table } from './markdown.js';

/** The keywords of JSON Schema that results use. */
interface Described extends Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly $ref?: string;
  readonly anyOf?: readonly Described[];
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
}

/** Where a result stands, and what its members hold. */
export function describeResult({ kind, members }: ResultSchema): string {
  const rows = Object.entries(members).flatMap(([name, schema]) => describeMember(name, schema));
  return `In ${code(`result.${resultMember(kind)}`)}.\n\n${table(['member', 'type', 'what it holds'], rows)}`;
}

/** The member, and what it is made of. */
function describeMember(name: string, schema: Described): readonly (readonly string[])[] {
  const types = typesOf(schema).join(' or ');
  const { description = `As ${code(types)} in the OpenAPI document.` } = schema;
  const inner = [schema, ...(schema.anyOf ?? [])].flatMap(({ properties = {}, items }) => [
    ...Object.entries(properties).flatMap(([member, value]) => describeMember(`${name}.${member}`, value)),
    ...(items?.properties === undefined ? [] : describeMember(`${name}[]`, items)),
  ]);
  return [[code(name), types, description], ...inner];
}

function typesOf({ type, $ref, anyOf = [] }: Described): readonly string[] {
  if (type !== undefined) return typeof type === 'string' ? [type] : type;
  return $ref === undefined ? anyOf.flatMap(typesOf) : $ref.split('/').slice(-1);
}
