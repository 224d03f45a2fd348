import fc from 'fast-check';

/** Words that resources and tasks of many clouds have for states; none but a provider's own may mean anything. */
const STATES =
  'SUCCESS success Success succeed succeeded SUCCEED COMPLETED Complete finished FAIL FAILED failed RUNNING INIT waiting active queued available error deleted DONE true 1 200';

const word = fc.constantFrom('', ' ', 'constructor', '__proto__', ...STATES.split(' '));

/** One change at one place of a body; places are counted through, and wrap around. */
export const mutation = fc.oneof(
  fc.record({ at: fc.nat(), how: fc.constantFrom('drop', 'wrap', 'text', 'null', 'number', 'rename', 'double') }),
  fc.record({ at: fc.nat(), how: fc.constant('replace'), value: fc.oneof(word, fc.jsonValue()) }),
);
export type Mutation = { readonly at: number; readonly how: string; readonly value?: unknown };

type Place = readonly [owner: Record<string, unknown>, member: string];

/** The body once for each place in it, with a value there, or after the text there. */
export function bodiesWith(body: unknown, value: unknown, how = 'replace'): readonly unknown[] {
  return placesIn({ body }).map((_place, at) => mutatedBody(body, [{ at, how, value }]));
}

/** The body after all mutations, one after the other. What is not an object has one place: itself. */
export function mutatedBody(body: unknown, mutations: readonly Mutation[]): unknown {
  const root: { body?: unknown } = { body: structuredClone(body) };
  for (const { at, how, value } of mutations) {
    const places = placesIn(root);
    const [owner, member] = places[at % places.length] ?? [root, 'body'];
    CHANGES[how]?.(owner, member, value);
  }
  // Through JSON, which knows no holes in lists.
  return (JSON.parse(JSON.stringify(root)) as typeof root).body;
}

const CHANGES: Readonly<Record<string, (owner: Record<string, unknown>, member: string, value: unknown) => void>> = {
  drop: (owner, member) => Reflect.deleteProperty(owner, member),
  wrap: (owner, member) => (owner[member] = [owner[member]]),
  text: (owner, member) => (owner[member] = JSON.stringify(owner[member])),
  null: (owner, member) => (owner[member] = null),
  number: (owner, member) => (owner[member] = Number.parseInt(String(owner[member]), 10) || 0),
  rename(owner, member) {
    owner[`${member}_`] = owner[member];
    Reflect.deleteProperty(owner, member);
  },
  double: (owner, member) => (owner[member] = [owner[member], structuredClone(owner[member])]),
  replace: (owner, member, value) => (owner[member] = value),
  append(owner, member, value) {
    if (typeof owner[member] === 'string') owner[member] += String(value);
  },
  secret: (owner, _member, value) => (owner['admin_password'] = value),
};

function placesIn(value: unknown): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((member) => [[owner, member] as const, ...placesIn(owner[member])]);
}
