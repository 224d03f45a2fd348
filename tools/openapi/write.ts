import { readFileSync, writeFileSync } from 'node:fs';
import { createApp } from '../../apps/gateway/src/app.js';
import { parseConfig } from '../../apps/gateway/src/config/load-config.js';
import { PROVIDERS } from '@gateway/providers';
import { openApiDocument } from './document.js';

/**
 * Writes what is committed of the code, or with `--check` fails when it is not what the code says: the OpenAPI document,
 * and the README's table of providers.
 */
const CONFIG = `
server: { logLevel: silent }
regions: [{ name: any, endpoint: 'http://127.0.0.1/{service}', credentials: { mode: passthrough } }]
`;

/** Padded as prettier pads it. */
function providerTable(): string {
  const rows = PROVIDERS.map(({ id, title, scope, artifactTypes }) => [
    `\`${id}\``,
    title,
    ['region', ...scope].join(', ') + (artifactTypes === undefined ? '' : '; files can be downloaded'),
  ]);
  const table = [['provider', 'service', 'found by'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const [head, ...body] = table.map(
    (cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`,
  );
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n');
}

const app = await createApp(parseConfig(CONFIG, {}, 'built in'));
await app.init();
const written = {
  'apps/gateway/openapi.json': `${JSON.stringify(openApiDocument(app), null, 2)}\n`,
  'README.md': readFileSync('README.md', 'utf8').replace(/^\| provider [\s\S]*?(?=\n\n)/m, providerTable),
};
await app.close();
for (const [file, text] of Object.entries(written)) {
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${file} is not what the code says: run npm run openapi\n`);
    process.exitCode = 1;
  }
}
