import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breakingChanges, isAnnounced } from '../../tools/openapi/compatibility.mjs';
import { OPENAPI_TEXT } from '../support/openapi.js';
import { BREAKING, COMPATIBLE } from './mutations.js';
import type { Mutation } from './mutations.js';

// Not in a hook: concurrent tests begin before it.
const folder = await mkdtemp(join(tmpdir(), 'compatibility-'));
const base = await written('base', OPENAPI_TEXT);
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, text: string): Promise<string> {
  const path = join(folder, `${name.replaceAll(' ', '-')}.json`);
  await writeFile(path, text);
  return path;
}

async function mutated(name: string, mutate: Mutation): Promise<string> {
  const document = JSON.parse(OPENAPI_TEXT);
  mutate(document);
  const text = JSON.stringify(document);
  expect(JSON.parse(text)).not.toEqual(JSON.parse(OPENAPI_TEXT));
  return written(name, text);
}

describe('a document that breaks clients', () => {
  // Each starts a program, and most of the time waits for it.
  it.concurrent.each(Object.entries(BREAKING))('is noticed: %s', async (name, mutate) => {
    const revision = await mutated(name, mutate);
    const changes = await breakingChanges(base, revision);
    expect(changes).not.toEqual([]);
    // Where, and in words what.
    for (const change of changes) expect(change).toMatch(/^\S.*: \S+ \S+/);
    expect(await isAnnounced(base, revision)).toBe(false);
  });
});

it('a document that breaks no client passes, with all that may be changed', async () => {
  const changed = await mutated('compatible', (document) => {
    for (const mutate of Object.values(COMPATIBLE)) mutate(document);
  });
  expect(await breakingChanges(base, changed)).toEqual([]);
});

it('a change that breaks clients is told in words', async () => {
  const mutate = BREAKING['response enum widened'] as Mutation;
  const [change] = await breakingChanges(base, await mutated('told', mutate));
  expect(change).toMatch(/^#.*: Enum of `\w+` gained values: 'guess'\.$/);
});

it('a list that is open in one answer and closed in another: a new word breaks clients of the other', async () => {
  const closed = await mutated('closed', (document) => {
    document.components.schemas.Liveness.properties.last = { $ref: '#/components/schemas/KnownProblemCode' };
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
