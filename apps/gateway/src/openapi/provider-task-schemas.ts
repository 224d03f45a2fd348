import { PROVIDERS } from '@gateway/providers';
import type { Provider } from '@gateway/tasks';
import { list, nullable, object, ref, text } from './schema.js';
import type { Schema } from './schema.js';
import { TASK_MEMBERS, TOP_MEMBERS } from './task-schemas.js';

/** `Task` for what can be asked for, `ChildTask` for the sub-jobs in it. */
type Level = 'Task' | 'ChildTask';

/**
 * Stands for every task type that no mapping names, none included. No upstream writes it: OpenAPI 3.1 has no word for
 * a default yet, and without an entry generators take the name of the schema for the value.
 */
const ANY_OTHER = '*';

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
const pointer = (name: string): string => `#/components/schemas/${name}`;

/** One schema for each provider and kind of result; in TypeScript provider and type narrow `result`. */
export const PROVIDER_TASKS: Readonly<Record<string, Schema>> = {
  ...Object.assign({}, ...PROVIDERS.map(resultSchemas)),
  ...tasksOf('Task'),
  ...tasksOf('ChildTask'),
};

function resultSchemas({ id, results = [] }: Provider): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    results.map(({ name, types, members }) => [
      `${capital(id)}${name}Result`,
      object(`\`result\` of ${id} tasks of type ${types.join(', ')}`, members),
    ]),
  );
}

function tasksOf(level: Level): Readonly<Record<string, Schema>> {
  const schemas: Readonly<Record<string, Schema>> = Object.assign(
    {},
    ...PROVIDERS.map((provider) => tasksOfProvider(provider, level)),
  );
  if (level === 'ChildTask') return schemas;
  return {
    Task: {
      description:
        'A task in one form for all providers. All members are always present; what is not known is null. `provider` and ' +
        '`type` tell what `result` holds.',
      oneOf: PROVIDERS.map(({ id }) => ref(`${capital(id)}Task`)),
      discriminator: {
        propertyName: 'provider',
        mapping: Object.fromEntries(PROVIDERS.map(({ id }) => [id, pointer(`${capital(id)}Task`)])),
      },
    },
    ...schemas,
  };
}

function tasksOfProvider({ id, title, results = [] }: Provider, level: Level): Readonly<Record<string, Schema>> {
  const prefix = capital(id);
  if (results.length === 0) return { [`${prefix}${level}`]: taskSchema(id, level, `Of ${title}`) };
  const variants = results.map(({ name, types }) => ({
    name: `${prefix}${name}${level}`,
    types,
    schema: taskSchema(id, level, `Of ${title}: ${types.join(', ')}`, {
      type: text(
        "The upstream's own name for this kind of task",
        types.length === 1 ? { const: types[0] } : { enum: types },
      ),
      result: nullable(
        ref(`${prefix}${name}Result`),
        'What it brought; only when done, not failed, and in the full view',
      ),
    }),
  }));
  const other = `${prefix}Other${level}`;
  const known = variants.flatMap(({ types }) => types);
  const mapping = variants.flatMap(({ name, types }) => types.map((type) => [type, pointer(name)] as const));
  return {
    [`${prefix}${level}`]: {
      description:
        `Of ${title}. \`${ANY_OTHER}\` in the mapping stands for every other type, and for none: \`type\` itself is ` +
        `never \`${ANY_OTHER}\`.`,
      oneOf: [...variants.map(({ name }) => ref(name)), ref(other)],
      discriminator: {
        propertyName: 'type',
        mapping: { ...Object.fromEntries(mapping), [ANY_OTHER]: pointer(other) },
      },
    },
    ...Object.fromEntries(variants.map(({ name, schema }) => [name, schema])),
    [other]: {
      ...taskSchema(id, level, `Of ${title}: every type without a schema of its own`),
      not: { properties: { type: { enum: known } } },
    },
  };
}

function taskSchema(
  provider: string,
  level: Level,
  description: string,
  own: Readonly<Record<string, Schema>> = {},
): Schema {
  const members = {
    ...TASK_MEMBERS,
    ...own,
    provider: text('Route key of the provider', { const: provider }),
    children: list(ref(`${capital(provider)}ChildTask`), 'Sub-jobs, in upstream order'),
    ...(level === 'Task' ? TOP_MEMBERS : {}),
  };
  return object(description, members);
}
