import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A built gateway whose standard output is what a test gives it. */
export interface LoggingGateway {
  readonly child: ChildProcess;
  readonly url: string;
  /** Asks for something so many times, as 16 callers; what it was answered, without repetitions. */
  readonly ask: (path: string, times: number) => Promise<readonly number[]>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

const CALLERS = 16;
/** The longest that is taken over, so that a line is long. */
const REQUEST_ID = 'r'.repeat(128);

/**
 * @param cleanups gets what ends it, before anything can go wrong
 * @param stdout a file descriptor, a pipe, or a terminal that is stopped once it has shown a little
 */
export async function startLoggingGateway(
  cleanups: (() => unknown)[],
  stdout: number | 'pipe' | 'stopped terminal',
  config: Readonly<Record<string, unknown>> = {},
  nodeOptions: readonly string[] = [],
): Promise<LoggingGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'logging-'));
  const regions = [{ name: 'eu', endpoint: 'http://{service}.invalid', credentials: { mode: 'passthrough' } }];
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify({ server: { drainSeconds: 0 }, regions, ...config }));
  const command = [process.execPath, ...nodeOptions, resolve('dist/apps/gateway/src/main.js')];
  const isTerminal = stdout === 'stopped terminal';
  // Its own output is a pipe that nobody reads.
  const [program = '', ...options] = isTerminal ? ['script', '-qc', `exec ${command.join(' ')}`, '/dev/null'] : command;
  const child = spawn(program, options, {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: '0' },
    stdio: ['ignore', isTerminal ? 'pipe' : stdout, 'pipe', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  cleanups.push(async () => {
    agent.destroy();
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  });
  const started = once(child, 'message').then(([message]) => (message as { readonly url: string }).url);
  const url = await Promise.race([started, ended.then(() => Promise.reject(new Error('the gateway did not start')))]);
  return {
    child,
    url,
    ended,
    async ask(path, times) {
      const statuses = new Set<number>();
      let left = times;
      const call = async (): Promise<void> => {
        while (left-- > 0) statuses.add(await statusOf(`${url}${path}`, agent));
      };
      await Promise.all(Array.from({ length: CALLERS }, call));
      return [...statuses];
    },
  };
}

function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((answer, reject) => {
    request(url, { agent, headers: { 'x-request-id': REQUEST_ID } }, (reply) => {
      reply.resume().once('end', () => answer(reply.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });
}
