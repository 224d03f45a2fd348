import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as library from '../../libs/client/src/index.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { exampleOf } from './examples.js';
import { livingTask, SEEN } from './living-task.js';
import { scenario } from './scenario.js';

const run = promisify(execFile);
const { PATH = '' } = process.env;

let gateway: Gateway;
let folder: string;
beforeAll(async () => {
  // Every look is to see the state of that very moment.
  gateway = await startGateway({ config: { cache: { unfinishedTtlSeconds: 0 } } });
  folder = await mkdtemp(join(tmpdir(), 'client-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await gateway.close();
});

it('a Node process: waits, reads a batch, a file and a problem', async () => {
  const { refs, tick } = livingTask(gateway);
  expect(await scenario(library, { baseUrl: gateway.url, refs }, tick)).toEqual(SEEN);
});

describe('the package', () => {
  let contents: readonly string[];
  beforeAll(async () => {
    // As in a fresh clone, where nothing is built yet.
    const clone = join(folder, 'clone');
    const isSource = (path: string): boolean => path !== resolve('libs/client/dist');
    for (const part of ['libs/client', 'tools/build-client.mjs'])
      await cp(resolve(part), join(clone, part), { recursive: true, filter: isSource });
    await cp('tsconfig.json', join(clone, 'tsconfig.json'));
    await symlink(resolve('node_modules'), join(clone, 'node_modules'));
    // What npm tells the tests when it runs them is not the package's.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_config_')));
    const { stdout } = await run('npm', ['pack', '--json'], { cwd: join(clone, 'libs/client'), env });
    // In front of it stands what the build says.
    const packed: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)));
    const [{ filename, files }] = packed as [{ filename: string; files: { path: string }[] }];
    contents = files.map(({ path }) => path);
    const installed = join(folder, 'node_modules/@task-gateway/client');
    await mkdir(installed, { recursive: true });
    await run('tar', ['-xzf', join(clone, 'libs/client', filename), '-C', installed, '--strip-components=1']);
    for (const name of ['@types', '@tanstack', 'react'])
      await symlink(resolve('node_modules', name), join(folder, 'node_modules', name));
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  }, 120_000);

  it('npm pack in a fresh clone: holds the program, its types, its source map, README and LICENSE', () => {
    expect(contents).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'package.json',
        'dist/index.js',
        'dist/index.js.map',
        'dist/index.d.ts',
        'dist/react.js',
        'dist/react.d.ts',
        'dist/tanstack-query.js',
        'dist/tanstack-query.d.ts',
      ]),
    );
    expect(
      contents.filter((path) => !/^(dist\/.*\.(js|d\.ts|js\.map)|LICENSE|README\.md|package\.json)$/.test(path)),
    ).toEqual([]);
  });

  const RESOLUTIONS: Readonly<Record<string, readonly string[]>> = {
    nodenext: ['--module', 'nodenext'],
    bundler: ['--module', 'esnext', '--moduleResolution', 'bundler'],
    // What TypeScript 6 still has for projects that are not to be moved yet.
    node10: ['--module', 'esnext', '--moduleResolution', 'node10', '--ignoreDeprecations', '6.0'],
  };
  /** What the compiler says of a file. */
  async function compile(file: string, options: readonly string[]): Promise<string> {
    const common = ['--noEmit', '--strict', '--target', 'es2023', '--types', 'node'];
    return run(resolve('node_modules/.bin/tsc'), [...common, ...options, file], { cwd: folder }).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    );
  }

  it.each(Object.entries(RESOLUTIONS))(
    'types under moduleResolution %s: the documented service compiles',
    async (_, resolution) => {
      await writeFile(join(folder, 'service.ts'), exampleOf('node'));
      expect(await compile('service.ts', resolution)).toBe('');
    },
    60_000,
  );

  it.each(['nodenext', 'node10'])(
    'types of its further entry points under moduleResolution %s: the documented components compile',
    async (name) => {
      await writeFile(join(folder, 'components.tsx'), exampleOf('react'));
      // What others publish is theirs.
      const options = ['--skipLibCheck', '--jsx', 'react-jsx', ...(RESOLUTIONS[name] ?? [])];
      expect(await compile('components.tsx', options)).toBe('');
    },
    60_000,
  );

  it('a service that installs it: runs as the documentation shows', async () => {
    await writeFile(join(folder, 'service.ts'), exampleOf('node'));
    const { stdout } = await run(process.execPath, ['service.ts', 'd9ce8c9eede54b3f841ec324fe0bfdc2'], {
      cwd: folder,
      env: { PATH, TASK_GATEWAY: gateway.url },
    });
    expect(stdout).toBe('imported 1 APIs into 9100ae30705947cc9543d37cd7fb388c\n');
  }, 30_000);
});

it('the documented curl commands: get a task, a 304 and a batch', async () => {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', exampleOf('curl')], {
    env: { PATH, GATEWAY: gateway.url },
  });
  const [task = '', status, batch = ''] = stdout.split('\n');
  expect(JSON.parse(task)).toMatchObject({ provider: 'dms', status: 'succeeded' });
  expect(status).toBe('304');
  expect(JSON.parse(batch)).toMatchObject({ items: [{ status: 200, task: { provider: 'ims', view: 'basic' } }] });
});
