import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { breakingChanges, isAnnounced } from './compatibility.js';
import { BREAKING, COMPATIBLE } from './testing/mutations.js';
import type { Mutation } from './testing/mutations.js';

const BASE = JSON.parse(readFileSync('apps/gateway/openapi.json', 'utf8'));

function mutated(mutate: Mutation) {
  const document = structuredClone(BASE);
  mutate(document);
  expect(document).not.toEqual(BASE);
  return document;
}

describe('a document that breaks clients', () => {
  it.each(Object.entries(BREAKING))('is noticed, in words: %s', (words, mutate) => {
    const revision = mutated(mutate);
    expect(breakingChanges(BASE, revision)).toContain(words);
    expect(isAnnounced(BASE, revision)).toBe(false);
  });
});

describe('a document that breaks no client', () => {
  it.each(Object.entries(COMPATIBLE))('passes: %s', (_name, mutate) => {
    expect(breakingChanges(BASE, mutated(mutate))).toEqual([]);
  });
});

it('a list that is open in one answer and closed in another: a new word breaks clients of the other', () => {
  const closed = mutated((document) => {
    document.components.schemas.Liveness.properties.last = { $ref: '#/components/schemas/KnownProblemCode' };
  });
  const grown = structuredClone(closed);
  grown.components.schemas.KnownProblemCode.enum.push('NEW_PROBLEM');
  expect(breakingChanges(closed, grown)).toEqual([expect.stringContaining('NEW_PROBLEM is new')]);
});

it('a request member that was of any type: breaks clients when it gets one', () => {
  const anything = mutated((document) => delete document.components.schemas.TaskReference.properties.region.type);
  expect(breakingChanges(anything, BASE)).toEqual([
    '#/components/schemas/TaskReference/region: type was undefined, and is string',
  ]);
});

it.each([
  ['1.4.2', '2.0.0', true],
  ['9.0.0', '10.0.0', true],
  ['2.0.0', '2.99.0', false],
  ['2.0.0', '2.0.99', false],
  ['2.1.0', '2.1.0', false],
  ['2.0.0', '1.9.0', false],
])('version %s, then %s: announces what breaks clients: %p', (before, after, announced) => {
  const [one, other] = [before, after].map((version) => ({ info: { version } }));
  expect(isAnnounced(one, other)).toBe(announced);
});
