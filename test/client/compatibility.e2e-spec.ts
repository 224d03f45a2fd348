import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breakingChanges, isAnnounced } from '../../scripts/openapi/compatibility.mjs';
import { OPENAPI, OPENAPI_TEXT } from '../support/openapi.js';
import { BREAKING, COMPATIBLE } from './mutations.js';
import type { Mutation } from './mutations.js';

let folder: string;
let base: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compatibility-'));
  base = await written('base', OPENAPI_TEXT);
});
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
  it.each(Object.entries(BREAKING))('is noticed: %s', async (name, mutate) => {
    const revision = await mutated(name, mutate);
    expect(await breakingChanges(base, revision)).not.toEqual([]);
    expect(await isAnnounced(base, revision)).toBe(false);
  });
});

describe('a document that breaks no client', () => {
  it.each(Object.entries(COMPATIBLE))('passes: %s', async (name, mutate) => {
    expect(await breakingChanges(base, await mutated(name, mutate))).toEqual([]);
  });
});

const major = Number.parseInt(OPENAPI.info.version, 10);

it.each([
  [`${major + 1}.0.0`, true],
  [`${major}.99.0`, false],
  [`${major}.0.99`, false],
])('version %s announces a breaking change: %p', async (version, announced) => {
  const revision = await mutated(version, (document) => {
    document.info.version = version;
  });
  expect(await isAnnounced(base, revision)).toBe(announced);
});
