import { describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { cloudsOf, resultMember, resultOf, UNTYPED } from '@gateway/tasks';
import type { Cloud } from '@gateway/tasks';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { providerDocs } from './provider-docs.js';

const DEMO = parse(readFileSync('config/demo.yaml', 'utf8')) as {
  readonly regions: readonly { readonly name: string }[];
};
const written = providerDocs(PROVIDERS);
/** As it is before prettier pads the tables. */
const unpadded = (text: string) => text.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---').trim();

it('docs/providers.md: is the page as it is written', () => {
  expect(unpadded(readFileSync('docs/providers.md', 'utf8'))).toBe(unpadded(written));
});

it('page: leads to sections that are there, and has no value that is none', () => {
  expect(written).not.toMatch(/undefined|NaN|\[object/);
  for (const [, anchor = ''] of written.matchAll(/\]\(#([^)]+)\)/g)) expect(written).toContain(`\n## ${anchor}\n`);
});

describe.each(PROVIDERS)('section of $id', (provider) => {
  const section = written.split('\n## ').find((text) => text.startsWith(`${provider.id}\n`)) ?? '';
  const rows = section.split('\n');

  it('how to ask: the path, and an example', () => {
    expect(section).toContain(`\`GET ${provider.path}\``);
    const [, region] =
      new RegExp(`\`GET /tasks/${provider.id}/${provider.example.id}\\?region=([\\w-]+)`).exec(section) ?? [];
    const { cloud } = DEMO.regions.find(({ name }) => name === region) as { readonly cloud?: Cloud };
    expect(cloudsOf(provider)).toContain(cloud ?? 'open-telekom-cloud');
    expect(section).toContain(provider.documentation);
  });

  it('words and types: each in a row, with what it means', () => {
    for (const [word, status] of Object.entries(provider.statuses))
      expect(rows).toContain(`| \`${word}\` | \`${status}\` |`);
    const results = provider.results ?? [];
    for (const [type, { title }] of Object.entries(provider.taskTypes)) {
      const kind = resultOf(results, type)?.kind ?? UNTYPED;
      expect(rows).toContain(`| \`${type}\` | ${title} |${results.length === 0 ? '' : ` \`${kind}\` |`}`);
    }
  });

  it('results: each with all members', () => {
    for (const { kind, members } of provider.results ?? []) {
      const result = section.split('\n### ').find((text) => text.startsWith(`Result \`${kind}\`\n`)) ?? '';
      expect(result).toContain(`\`result.${resultMember(kind)}\``);
      for (const [member, { description }] of Object.entries(members))
        expect(
          result.split('\n').filter((row) => row.startsWith(`| \`${member}\` |`) && row.endsWith(`| ${description} |`)),
        ).toHaveLength(1);
    }
  });

  it('lookup errors: each code with its problem', () => {
    for (const { code, problem, cause } of provider.errors) {
      const named = typeof code === 'string' ? code : `/${code.source}/`.replaceAll('|', '\\|');
      const name = named === '' ? 'none' : `\`${named}\``;
      expect(rows.filter((row) => row.includes(name) && row.includes(problem) && row.includes(cause))).not.toEqual([]);
    }
  });
});
