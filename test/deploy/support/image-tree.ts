import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { readStages, valuesOf } from './dockerfile.js';

export interface ImageTree {
  /** What would be `/`. */
  readonly root: string;
  readonly bytes: number;
  readonly files: readonly string[];
  readonly remove: () => void;
}

/** What the build leaves behind, which the image is copied from: hard links beside the originals, as long as nothing writes into them. */
function build(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync('node_modules').filter((name) => !['.cache', '.package-lock.json'].includes(name));
  mkdirSync(join(folder, 'node_modules'));
  execFileSync('cp', ['-al', ...names.map((name) => join('node_modules', name)), join(folder, 'node_modules')]);
  execFileSync('cp', ['-a', 'dist', 'tools', 'package.json', 'package-lock.json', '.npmrc', folder]);
  const [stage] = readStages();
  if (stage === undefined) throw new Error('no stage in the Dockerfile');
  // What `npm ci` and the build do has been done.
  for (const command of valuesOf(stage, 'RUN').filter((text) => text.includes('prune')))
    execFileSync('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The file system of the image, without its base: what the last stage copies, where it copies it to, and read-only. */
export function makeImageTree(): ImageTree {
  const folder = resolve(mkdtempSync('node_modules/.cache/image-'));
  const root = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    build(folder);
    const last = readStages().at(-1);
    if (last === undefined) throw new Error('no stage in the Dockerfile');
    for (const copy of valuesOf(last, 'COPY')) {
      const [, from = '', to = ''] = /^--from=build (\S+) (\S+)$/.exec(copy) ?? [];
      const source = from.startsWith('/app/') ? join(folder, from.slice(5)) : process.execPath;
      const name = to.endsWith('/') ? join(to, from.split('/').at(-1) ?? '') : to;
      const target = join(root, resolve('/app', name));
      mkdirSync(dirname(target), { recursive: true });
      cpSync(source, target, { recursive: true, verbatimSymlinks: true, dereference: false });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const entries = readdirSync(root, { recursive: true, encoding: 'utf8' });
  let bytes = 0;
  for (const name of ['', ...entries]) {
    const path = join(root, name);
    const stat = lstatSync(path);
    if (stat.isFile()) bytes += stat.size;
    if (!stat.isSymbolicLink()) chmodSync(path, stat.isDirectory() || name.endsWith('/bin/node') ? 0o555 : 0o444);
  }
  const remove = (): void => {
    if (!existsSync(root)) return;
    execFileSync('chmod', ['-R', 'u+w', root]);
    rmSync(root, { recursive: true });
  };
  return { root, bytes, files: entries, remove };
}
