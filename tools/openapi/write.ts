import { readFileSync, writeFileSync } from 'node:fs';
import { createApp } from '../../apps/gateway/src/app.js';
import { parseConfig } from '../../apps/gateway/src/config/load-config.js';
import { openApiDocument } from './document.js';

/** Writes the committed OpenAPI document, or with `--check` fails when it is not what the code says. */
const FILE = 'apps/gateway/openapi.json';
const CONFIG = `
server: { logLevel: silent }
regions: [{ name: any, endpoint: 'http://127.0.0.1/{service}', credentials: { mode: passthrough } }]
`;

const app = await createApp(parseConfig(CONFIG, {}, 'built in'));
await app.init();
const document = `${JSON.stringify(openApiDocument(app), null, 2)}\n`;
await app.close();
if (!process.argv.includes('--check')) writeFileSync(FILE, document);
else if (readFileSync(FILE, 'utf8') !== document) {
  process.stderr.write(`${FILE} is not what the code says: run npm run openapi\n`);
  process.exitCode = 1;
}
