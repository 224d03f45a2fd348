import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import type { Reads } from './generated-clients/reads.js';

const run = promisify(execFile);
const BIN = resolve('node_modules/.bin');
const DOCUMENT = resolve('apps/gateway/openapi.json');
/** Below node_modules, where the generated code finds the runtimes that it imports. */
const FOLDER = resolve('node_modules/.cache/generated-clients');

/** Independent generators, each with the arguments that a reader of its manual would choose. */
const GENERATORS: Readonly<Record<string, readonly [tool: string, ...arguments_: string[]]>> = {
  'hey-api': ['openapi-ts', '--silent', '-i', DOCUMENT, '-o', 'hey-api'],
  'openapi-typescript': ['openapi-typescript', DOCUMENT, '-o', 'openapi-typescript/schema.ts'],
  oazapfts: ['oazapfts', DOCUMENT, 'oazapfts/client.ts'],
  redocly: ['redocly', 'generate-client', DOCUMENT, '-o', 'redocly/client.ts'],
};
const names = Object.keys(GENERATORS);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
  await rm(FOLDER, { recursive: true, force: true });
  await cp('test/client/generated-clients', FOLDER, { recursive: true });
  await Promise.all(
    names.map(async (name) => {
      const [tool, ...rest] = GENERATORS[name] ?? [''];
      await mkdir(join(FOLDER, name), { recursive: true });
      await run(join(BIN, tool), rest, { cwd: FOLDER });
    }),
  );
}, 60_000);
afterAll(() => gateway.close());

it('is generated into code that type-checks strictly, without an edit', async () => {
  const { stdout } = await run(join(BIN, 'tsc'), ['-p', FOLDER]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
}, 60_000);

/** Lets code that is written for a page run here: relative URLs begin at the gateway, as in a page that it would serve. */
const PAGE = `
  const { fetch, Request } = globalThis;
  const within = (input) => (typeof input === 'string' ? new URL(input, origin) : input);
  globalThis.Request = class extends Request { constructor(input, init) { super(within(input), init); } };
  globalThis.fetch = (input, init) => fetch(within(input), init);`;

const WHERE = ['at a configured URL', 'in a page, at the URL of the document'] as const;

it.each(names.flatMap((name) => WHERE.map((where) => [name, where] as const)))(
  '%s, %s, reads a task, a failed task, a batch and a problem',
  async (name, where) => {
    const outfile = join(FOLDER, 'built', `${name}.mjs`);
    await build({ entryPoints: [join(FOLDER, `${name}.ts`)], outfile, bundle: true, format: 'esm', platform: 'node' });
    const [page, baseUrl] = where === 'at a configured URL' ? ['', 'origin'] : [PAGE, 'undefined'];
    const script = `const origin = ${JSON.stringify(gateway.url)};${page}
      const { read } = await import(${JSON.stringify(outfile)});
      process.stdout.write(JSON.stringify(await read(${baseUrl})));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    expect(JSON.parse(stdout) as Reads).toEqual({
      groupId: '9100ae30705947cc9543d37cd7fb388c',
      failure: 'ALREADY_EXISTS',
      batch: [
        [200, 'succeeded'],
        [404, 'TASK_NOT_FOUND'],
      ],
      problem: 'TASK_NOT_FOUND',
    });
  },
);
