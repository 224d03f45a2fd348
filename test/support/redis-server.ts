import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisServer {
  /** `redis://127.0.0.1:{port}` */
  readonly url: string;
  readonly port: number;
  /** Where it speaks TLS; 0 if it does not. */
  readonly tlsPort: number;
  /** Ends the process and removes its folder; more than once is fine. */
  readonly stop: () => Promise<void>;
  /** Ends the process without a goodbye to its clients; {@link startRedis} with the same port brings it back, empty. */
  readonly kill: () => Promise<void>;
  /** The process stops in its tracks: it still accepts connections, and answers nothing. */
  readonly freeze: () => void;
  readonly thaw: () => void;
}

export interface RedisServerOptions {
  /** Free one by default. */
  readonly port?: number;
  /** Further arguments of `redis-server`; paths are relative to its folder. */
  readonly args?: readonly string[];
  /** Texts by name, put into its folder before it starts. */
  readonly files?: Readonly<Record<string, string>>;
  /** Arguments that name certificates; it then speaks TLS on a port of its own as well. */
  readonly tls?: readonly string[];
  /** Free one by default. */
  readonly tlsPort?: number;
  /** Configuration of a Sentinel, which is what is started then. */
  readonly sentinel?: string;
}

/** For settings of clients: a Redis that shares its machine with tests is late at times, which is not what most are about. */
export const PATIENCE = { commandMs: 1_000 } as const;
const ATTEMPTS = 500;
const PAUSE_MS = 20;

/** Starts a real Redis that keeps nothing on disk. It ends with this process, however that ends. */
export async function startRedis({
  port,
  args = [],
  files = {},
  tls,
  tlsPort,
  sentinel,
}: RedisServerOptions = {}): Promise<RedisServer> {
  // Somebody else may take the free port before the server does.
  for (let left = port === undefined ? 3 : 1; ; left -= 1) {
    const folder = await mkdtemp(join(tmpdir(), 'redis-'));
    const usedPort = port ?? (await freePort());
    const own = sentinel === undefined ? files : { ...files, 'sentinel.conf': sentinel };
    for (const [name, text] of Object.entries(own)) await writeFile(join(folder, name), text);
    const kind = sentinel === undefined ? ['--save', '', '--appendonly', 'no'] : ['sentinel.conf', '--sentinel'];
    const place = ['--port', String(usedPort), '--bind', '127.0.0.1', '--dir', folder];
    const usedTlsPort = tls === undefined ? 0 : (tlsPort ?? (await freePort()));
    const secure = tls === undefined ? [] : ['--tls-port', String(usedTlsPort), ...tls];
    const server = spawn('redis-server', [...kind, ...place, ...secure, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (server.pid === undefined) {
      const [cause] = (await once(server, 'error')) as [Error];
      await rm(folder, { recursive: true });
      throw new Error('These tests need redis-server on the PATH: apt-get install redis-server', { cause });
    }
    const output: string[] = [];
    server.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
    const leash = tie(server, folder);
    const ready = sentinel === undefined ? 'Ready to accept connections' : 'Sentinel ID is';
    if (await answers(server, usedPort, () => output.join('').includes(ready)))
      return handle(server, leash, folder, { port: usedPort, tlsPort: usedTlsPort });
    await end(server, leash, folder);
    if (left === 1) throw new Error(`redis-server did not start on port ${usedPort}:\n${output.join('')}`);
  }
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** Different ones. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** A shell that reads from us until we are gone, then cleans up: exit handlers do not run for a killed test process. */
function tie(server: ChildProcess, folder: string): ChildProcess {
  const script = 'while read -r _; do :; done; kill -9 "$1"; rm -rf "$2"';
  return spawn('sh', ['-c', script, 'sh', String(server.pid), folder], { stdio: ['pipe', 'ignore', 'ignore'] });
}

function handle(
  server: ChildProcess,
  leash: ChildProcess,
  folder: string,
  { port, tlsPort }: Pick<RedisServer, 'port' | 'tlsPort'>,
): RedisServer {
  const stop = (): Promise<void> => end(server, leash, folder);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    tlsPort,
    stop,
    kill: stop,
    freeze: () => {
      server.kill('SIGSTOP');
    },
    thaw: () => {
      server.kill('SIGCONT');
    },
  };
}

/** SIGKILL also ends a frozen process, and there is nothing to be saved. */
async function end(server: ChildProcess, leash: ChildProcess, folder: string): Promise<void> {
  leash.kill('SIGKILL');
  if (server.exitCode === null && server.signalCode === null) {
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }
  await rm(folder, { recursive: true, force: true });
}

/** Its own word comes first: on a port that was taken, somebody else would answer. */
async function answers(server: ChildProcess, port: number, isReady: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (server.exitCode !== null || server.signalCode !== null) return false;
    if (isReady() && (await ping(port))) return true;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return false;
}

/** Any reply counts, also one that asks for a password. */
function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const settle = (answered: boolean) => () => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('data', settle(true));
    socket.once('error', settle(false));
    socket.once('close', settle(false));
  });
}
