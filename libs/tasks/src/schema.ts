/** A JSON Schema (2020-12), as OpenAPI 3.1 has them. */
export type Schema = Readonly<Record<string, unknown>>;

export const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more });
export const textOrNull = (description: string, more: Schema = {}): Schema => ({
  type: ['string', 'null'],
  description,
  ...more,
});
export const integer = (description: string, more: Schema = {}): Schema => ({
  type: 'integer',
  minimum: 0,
  description,
  ...more,
});
export const integerOrNull = (description: string): Schema => ({ type: ['integer', 'null'], minimum: 0, description });
export const boolean = (description: string): Schema => ({ type: 'boolean', description });
export const timeOrNull = (description: string): Schema =>
  textOrNull(`${description}, RFC 3339 in UTC`, { format: 'date-time' });
export const list = (items: Schema, description: string, more: Schema = {}): Schema => ({
  type: 'array',
  description,
  items,
  ...more,
});
/** Values by names that are nobody's to list. */
export const map = (values: Schema, description: string): Schema => ({
  type: 'object',
  description,
  additionalProperties: values,
});
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** A choice between this and null: generators disagree about everything else, once it is no plain text or number. */
export const nullable = (schema: Schema, description?: string): Schema => ({
  ...(description === undefined ? {} : { description }),
  anyOf: [schema, { type: 'null' }],
});

/** A known word of an enum, or one that a later release brings: clients that meet it go on. */
export const known = (name: string, description: string): Schema => ({
  description,
  anyOf: [ref(name), { type: 'string' }],
});

/** One word. An enum of one, because generators know no `const` in answers. */
export const word = (description: string, value: string): Schema => text(description, { enum: [value] });

/** An object of an answer, to which later releases may add. All members are required unless they are named as optional. */
export const object = (
  description: string,
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema => ({
  type: 'object',
  description,
  required: Object.keys(properties).filter((member) => !optional.includes(member)),
  properties,
});

/** An object of a request: no other members are read. */
export const closedObject = (...what: Parameters<typeof object>): Schema => ({
  ...object(...what),
  additionalProperties: false,
});
