import * as fc from 'fast-check';
import type { Ask } from '../../support/http-client.js';

export const INSTANCE = 'instance-1';
export const ROLES = ['allowed', 'allowed', 'forbidden', 'expired', 'throttled', 'unavailable'] as const;
export type Role = (typeof ROLES)[number];
/** Ways to wait for a task, and to ask for it beside. */
export const WAYS = ['wait', 'wait-known', 'one', 'one-known', 'many'] as const;
const BESIDE = ['plain', 'no-cache', 'no-store', 'batch'] as const;
export type Way = (typeof WAYS)[number] | (typeof BESIDE)[number];
export type Region = 'own' | 'shared';

/** Who asks for what. Numbers choose among the few replicas, tokens and tasks that there are. */
export interface Question {
  readonly replica: number;
  readonly token: number;
  readonly region: Region;
  readonly task: number;
  readonly way: Way;
}

/** What happens next, after so many milliseconds. */
export type Step = { readonly afterMs: number } & (
  | ({ readonly kind: 'open' } & Question)
  | { readonly kind: 'leave' }
  | { readonly kind: 'change' | 'finish'; readonly task: number }
  | { readonly kind: 'role'; readonly token: number; readonly role: Role }
  | {
      readonly kind: 'purge';
      readonly replica: number;
      readonly what: 'task' | 'scope' | 'provider' | 'principal';
      readonly region: Region;
      readonly token: number;
      readonly task: number;
    }
);

const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
/** Mostly the first, so that a story is about somebody. */
const mostlyFirst = (max: number): fc.Arbitrary<number> =>
  fc.oneof({ arbitrary: fc.constant(0), weight: 2 }, upTo(max));
const region = fc.constantFrom<Region>('own', 'own', 'shared');
const afterMs = fc.constantFrom(0, 0, 0, 0, 10, 100, 400, 1_200);
const open = (ways: readonly Way[]) =>
  fc.record({
    afterMs,
    kind: fc.constant('open' as const),
    replica: upTo(1),
    token: upTo(2),
    region,
    task: mostlyFirst(1),
    way: fc.constantFrom(...ways),
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: open(WAYS) },
  { weight: 4, arbitrary: open(BESIDE) },
  { weight: 2, arbitrary: fc.record({ afterMs, kind: fc.constant('leave' as const) }) },
  { weight: 6, arbitrary: fc.record({ afterMs, kind: fc.constant('change' as const), task: mostlyFirst(1) }) },
  { weight: 1, arbitrary: fc.record({ afterMs, kind: fc.constant('finish' as const), task: mostlyFirst(1) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      afterMs,
      kind: fc.constant('role' as const),
      token: upTo(2),
      role: fc.constantFrom(...ROLES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      afterMs,
      kind: fc.constant('purge' as const),
      replica: upTo(1),
      what: fc.constantFrom('task', 'scope', 'provider', 'principal'),
      region,
      token: upTo(2),
      task: mostlyFirst(1),
    }),
  },
);

/** Two callers who follow one task from the beginning. */
const both: fc.Arbitrary<readonly Step[]> = fc
  .tuple(region, open(['one', 'many']), open(['one', 'many', 'wait-known']))
  .map(([common, ...steps]) => steps.map((own, token) => ({ ...own, region: common, token, task: 0 })));

/** What a few who wait for two tasks may live through. */
export const story = fc
  .tuple(both, fc.array(step, { minLength: 8, maxLength: 22, size: 'max' }))
  .map((parts): readonly Step[] => parts.flat());

/** @param tasks one, or all that one stream is to tell of @param known version that somebody was shown last, whoever that was */
export function requestOf(
  { region, way }: Pick<Question, 'region' | 'way'>,
  token: string,
  projectId: string,
  tasks: readonly string[],
  known = 'none',
): Ask {
  const scope = { region, projectId, instanceId: INSTANCE };
  const headers = { 'x-auth-token': token };
  const path = `/tasks/apig/${tasks[0]}`;
  const query = `?${new URLSearchParams(scope).toString()}`;
  switch (way) {
    case 'wait':
      return { path: path + query, headers: { ...headers, prefer: 'wait=50' } };
    case 'wait-known':
      return { path: path + query, headers: { ...headers, prefer: 'wait=50', 'if-none-match': `W/"${known}"` } };
    case 'one':
      return { path: `${path}/events${query}`, headers };
    case 'one-known':
      return { path: `${path}/events${query}`, headers: { ...headers, 'last-event-id': known } };
    case 'many':
    case 'batch': {
      const body = JSON.stringify({ tasks: tasks.map((id) => ({ provider: 'apig', id, ...scope })) });
      const type = { 'content-type': 'application/json' };
      return {
        method: 'POST',
        path: `/tasks/${way === 'many' ? 'events' : 'batch-get'}`,
        headers: { ...headers, ...type },
        body,
      };
    }
    case 'plain':
      return { path: path + query, headers };
    default:
      return { path: path + query, headers: { ...headers, 'cache-control': way } };
  }
}
