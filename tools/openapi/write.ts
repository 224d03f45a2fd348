import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { PROVIDERS } from '@gateway/providers';
import { createApp } from '../../apps/gateway/src/app.js';
import { parseConfig } from '../../apps/gateway/src/config/load-config.js';
import { breakingChanges, isAnnounced } from './compatibility.js';
import { openApiDocument } from './document.js';
import { providerDocs } from './provider-docs.js';
import { providerTable } from './provider-table.js';

/**
 * Writes the committed OpenAPI document, the page about providers, and the README's table of them. With `--check` it fails when
 * they are not what the code says, or when the document breaks clients of the released one without a new major version.
 */
const FILE = 'apps/gateway/openapi.json';
const DOCS = 'docs/providers.md';
const RELEASED = 'apps/gateway/openapi.released.json';
const CONFIG = `
server: { logLevel: silent }
regions: [{ name: any, endpoint: 'http://127.0.0.1/{service}', credentials: { mode: passthrough } }]
`;

const app = await createApp(parseConfig(CONFIG, {}, 'built in'));
await app.init();
const document = `${JSON.stringify(openApiDocument(app), null, 2)}\n`;
await app.close();
const readme = readFileSync('README.md', 'utf8').replace(/^\| provider [\s\S]*?(?=\n\n)/m, providerTable(PROVIDERS));
const docs = await format(providerDocs(PROVIDERS), { ...(await resolveConfig(DOCS)), filepath: DOCS });
const written = Object.entries({ [FILE]: document, [DOCS]: docs, 'README.md': readme });
if (process.argv.includes('--check')) {
  for (const [file, text] of written)
    if (readFileSync(file, 'utf8') !== text) fail(`${file} is not what the code says: run npm run openapi`);
  const [before, after] = [JSON.parse(readFileSync(RELEASED, 'utf8')), JSON.parse(document)];
  const changes = breakingChanges(before, after);
  if (changes.length > 0 && !isAnnounced(before, after))
    fail(`These changes break clients of ${RELEASED}; they need a new major API_VERSION:\n${changes.join('\n')}`);
} else for (const [file, text] of written) writeFileSync(file, text);

function fail(reason: string): void {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 1;
}
