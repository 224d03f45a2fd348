import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '../support/eventually.js';
import { childrenOf, isRunning } from '../support/program.js';

/** The project with everything built: building it here would take the programs away from other tests. */
let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'demo-'));
  for (const name of ['config', 'dist', 'node_modules', 'tools']) symlinkSync(resolve(name), join(project, name));
  const { type, scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly type: string;
    readonly scripts: Readonly<Record<string, string>>;
  };
  const demo = { type, scripts: { start: scripts['start'], build: 'true' } };
  writeFileSync(join(project, 'package.json'), JSON.stringify(demo));
});
afterAll(() => rmSync(project, { recursive: true }));

let npm: ChildProcess;
let processes: readonly number[] = [];
afterEach(() => {
  for (const pid of processes) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
});

function descendantsOf(pid: number): readonly number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** `npm start` as a terminal runs it: in a process group of its own. Resolves once the demo answers. */
async function startDemo(): Promise<void> {
  const env = { ...process.env, PORT: '0', LOG_LEVEL: 'silent' };
  npm = spawn('npm', ['start'], { cwd: project, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  npm.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  await eventually(() => out.includes('Stop with Ctrl-C.'));
  processes = [npm.pid ?? 0, ...descendantsOf(npm.pid ?? 0)];
}

it.each<[who: string, signal: NodeJS.Signals, target: () => number]>([
  ['npm', 'SIGTERM', () => npm.pid ?? 0],
  ['npm', 'SIGKILL', () => npm.pid ?? 0],
  ['npm', 'SIGHUP', () => npm.pid ?? 0],
  ['what npm started', 'SIGTERM', () => processes[1] ?? 0],
  ['what npm started', 'SIGKILL', () => processes[1] ?? 0],
  ['all that run in its terminal', 'SIGINT', () => -(npm.pid ?? 0)],
  ['all that run in its terminal', 'SIGHUP', () => -(npm.pid ?? 0)],
])(
  'npm start, when %s gets %s: leaves nothing behind',
  async (_who, signal, target) => {
    await startDemo();
    // npm, the start script, simulator and gateway: no shell stands between.
    expect(processes).toHaveLength(4);
    const ended = once(npm, 'exit');
    process.kill(target(), signal);
    await ended;
    await eventually(() => !processes.some(isRunning));
  },
  60_000,
);

it.each<[string, Readonly<Record<string, string>>]>([
  ['gateway', { GATEWAY_CONFIG: 'config/demo.yaml', SIMULATOR_URL: 'http://127.0.0.1', PORT: '0' }],
  ['cloud-simulator', { SIMULATOR_PORT: '0' }],
])(
  '%s, parent gone before it listens: ends',
  async (name, env) => {
    const program = fork(resolve(`dist/apps/${name}/src/main.js`), {
      env: { ...process.env, ...env, SIMULATOR_PASSWORD: 'secret' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let output = '';
    program.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
    program.disconnect();
    await Promise.all([once(program, 'exit'), program.stderr && once(program.stderr, 'end')]);
    expect(output).toBe('');
  },
  60_000,
);
