import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { providerTable } from './provider-table.js';

it('README: has the table of all providers, as it is written', () => {
  expect(readFileSync('README.md', 'utf8')).toContain(`\n\n${providerTable(PROVIDERS)}\n\n`);
});
