import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * Builds libs/client/dist as it is published: one ES module without imports, those for frameworks beside it, source maps and types.
 * With `--check` it fails when the first is larger than MAX_BYTES, minified and gzipped.
 */
const MAX_BYTES = 5_000;

// `npm pack` runs it in the package.
process.chdir(new URL('..', import.meta.url).pathname);
const FOLDER = 'libs/client';
const ENTRY = `${FOLDER}/src/index.ts`;
/** What applications with such a framework import besides; they have that framework, and the client, already. */
const ADAPTERS = ['react', 'tanstack-query'].map((name) => `${FOLDER}/src/${name}.ts`);
const bundle = {
  absWorkingDir: process.cwd(),
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  // Fields that a constructor sets anyway are not declared as well.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
};

rmSync(`${FOLDER}/dist`, { recursive: true, force: true });
const built = { ...bundle, sourcemap: true, sourcesContent: true, outdir: `${FOLDER}/dist` };
await build({ ...built, entryPoints: [ENTRY] });
await build({ ...built, entryPoints: ADAPTERS, external: ['react', './index.js'] });
execFileSync('tsc', ['-p', `${FOLDER}/tsconfig.json`], { stdio: 'inherit' });

const { outputFiles, metafile } = await build({
  ...bundle,
  entryPoints: [ENTRY],
  minify: true,
  write: false,
  metafile: true,
});
const external = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
const { name, version } = JSON.parse(readFileSync(`${FOLDER}/package.json`, 'utf8'));
process.stdout.write(`${name} ${version}: ${bytes} bytes minified and gzipped, of ${MAX_BYTES}\n`);
if (external.length > 0) throw new Error(`the client must depend on nothing: ${external.join(', ')}`);
if (process.argv.includes('--check') && bytes > MAX_BYTES)
  throw new Error(`the client is larger than ${MAX_BYTES} bytes`);
