/** A JSON Schema (2020-12), as OpenAPI 3.1 has them: what the document says, and what `/providers` shows of results. */
export type Schema = Readonly<Record<string, unknown>>;

/** A schema in words. */
export interface DescribedSchema extends Schema {
  readonly description: string;
}

export const text = (description: string, more: Schema = {}): DescribedSchema => ({
  type: 'string',
  description,
  ...more,
});
export const textOrNull = (description: string, more: Schema = {}): DescribedSchema => ({
  type: ['string', 'null'],
  description,
  ...more,
});
export const integer = (description: string, more: Schema = {}): DescribedSchema => ({
  type: 'integer',
  minimum: 0,
  description,
  ...more,
});
export const integerOrNull = (description: string, more: Schema = {}): DescribedSchema =>
  integer(description, { type: ['integer', 'null'], ...more });
export const boolean = (description: string): DescribedSchema => ({ type: 'boolean', description });
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
