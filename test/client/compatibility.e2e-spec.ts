import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breakingChanges, isAnnounced } from '../../tools/openapi/compatibility.mjs';
import { OPENAPI_TEXT } from '../support/openapi.js';
import { BREAKING, COMPATIBLE } from './mutations.js';
import type { Mutation } from './mutations.js';

const folder = await mkdtemp(join(tmpdir(), 'compatibility-'));
const base = await written('base', OPENAPI_TEXT);
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, text: string): Promise<string> {
  const path = join(folder, `${name.replaceAll(' ', '-')}.json`);
  await writeFile(path, text);
  return path;
}

async function mutated(name: string, mutations: Readonly<Record<string, Mutation>>): Promise<string> {
  const document = JSON.parse(OPENAPI_TEXT);
  for (const mutate of Object.values(mutations)) {
    const before = JSON.stringify(document);
    mutate(document);
    expect(JSON.stringify(document)).not.toBe(before);
  }
  return written(name, JSON.stringify(document));
}

describe('a document that breaks clients', () => {
  let revision: string;
  let changes: readonly string[];
  beforeAll(async () => {
    // All at once: the program that compares takes a second to start.
    revision = await mutated('breaking', BREAKING);
    changes = await breakingChanges(base, revision);
  });

  it.each(Object.keys(BREAKING))('is noticed, in words: %s', (words) => {
    expect(changes.filter((change) => change === words || change.endsWith(`: ${words}`))).not.toEqual([]);
  });

  it('needs a new major version, and each change is told with its place', async () => {
    expect(await isAnnounced(base, revision)).toBe(false);
    for (const change of changes) expect(change).toMatch(/^\S.*: \S+ \S+/);
  });
});

it('a document that breaks no client: passes, with all that may be changed', async () => {
  expect(await breakingChanges(base, await mutated('compatible', COMPATIBLE))).toEqual([]);
});

it('a list that is open in one answer and closed in another: a new word breaks clients of the other', async () => {
  const closed = await mutated('closed', {
    last({ components: { schemas } }) {
      schemas.Liveness.properties.last = { $ref: '#/components/schemas/KnownProblemCode' };
    },
  });
  const grown = JSON.parse(await readFile(closed, 'utf8'));
  grown.components.schemas.KnownProblemCode.enum.push('NEW_PROBLEM');
  expect(await breakingChanges(closed, await written('grown', JSON.stringify(grown)))).toEqual([
    expect.stringContaining("gained values: 'NEW_PROBLEM'"),
  ]);
});

it.each([
  ['1.4.2', '2.0.0', true],
  ['9.0.0', '10.0.0', true],
  ['2.0.0', '2.99.0', false],
  ['2.0.0', '2.0.99', false],
  ['2.1.0', '2.1.0', false],
  ['2.0.0', '1.9.0', false],
])('version %s, then %s: announces what breaks clients: %p', async (before, after, announced) => {
  const [one, other] = await Promise.all(
    [before, after].map((version, at) => written(`${version} ${at}`, JSON.stringify({ info: { version } }))),
  );
  expect(await isAnnounced(one as string, other as string)).toBe(announced);
});
