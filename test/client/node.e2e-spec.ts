import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
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
  gateway = await startGateway();
  folder = await mkdtemp(join(tmpdir(), 'client-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await gateway.close();
});

it('runs in Node', async () => {
  const { refs, tick } = livingTask(gateway);
  expect(await scenario(library, { baseUrl: gateway.url, refs }, tick)).toEqual(SEEN);
});

it('is a package that a service installs, as the documentation shows', async () => {
  await mkdir(join(folder, 'node_modules/@task-gateway'), { recursive: true });
  await symlink(resolve('libs/client'), join(folder, 'node_modules/@task-gateway/client'));
  await symlink(resolve('node_modules/@types'), join(folder, 'node_modules/@types'));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await writeFile(join(folder, 'service.ts'), exampleOf('node'));
  const options = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node'];
  const { stdout: complaints } = await run(resolve('node_modules/.bin/tsc'), [...options, 'service.ts'], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error);
  expect(complaints).toBe('');
  const { stdout } = await run(process.execPath, ['service.ts', 'd9ce8c9eede54b3f841ec324fe0bfdc2'], {
    cwd: folder,
    env: { PATH, TASK_GATEWAY: gateway.url },
  });
  expect(stdout).toBe('imported 1 APIs into 9100ae30705947cc9543d37cd7fb388c\n');
}, 30_000);

it('can be done without, with curl', async () => {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', exampleOf('curl')], {
    env: { PATH, GATEWAY: gateway.url },
  });
  const [task = '', status, batch = ''] = stdout.split('\n');
  expect(JSON.parse(task)).toMatchObject({ provider: 'dms', status: 'succeeded' });
  expect(status).toBe('304');
  expect(JSON.parse(batch)).toMatchObject({ items: [{ status: 200, task: { provider: 'ims', view: 'basic' } }] });
});
