import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { ReadFiles } from '../config/files.js';
import type { GatewayConfig, ServerConfig } from '../config/gateway-config.js';
import { listenHost } from '../http/gateway-server.js';
import { standardOutput } from '../http/line-output.js';
import { createLogger, nestLogger } from '../http/logger.js';
import { endedBy, hasLostTerminal, SIGNALS, takeHangups, TOGETHER_MS } from '../signals.js';
import { RetiredCounts } from '../metrics/retired-counts.js';
import { RunningConfig } from '../reload/running-config.js';
import { isMessage, tell } from '../siblings/messages.js';
import { mergeLines } from './merge-lines.js';
import { RestartBackoff } from './restart-backoff.js';
import { Relay } from '../siblings/relay.js';
import { drawKey } from '../siblings/siblings.js';
import { WORKER } from '../siblings/worker.js';

/** Milliseconds until a worker that has died is replaced, as {@link RestartBackoff} has them. */
const REPLACE_MS = { first: 100, last: 30_000, calm: 60_000 };
/** Milliseconds that a worker has beyond `server.shutdownSeconds`, and after it was told to end at once. */
const GRACE_MS = 1_000;

/**
 * Runs `server.processes` workers on one port, each of them a gateway, and answers nothing itself: the system gives each new
 * connection to one of them. It passes on what they log and ask each other, replaces those that die, and stops all of them.
 */
class Primary {
  private readonly logger = new Logger('Primary');
  private readonly output = standardOutput();
  private readonly relay = new Relay(undefined, new RetiredCounts());
  private readonly key = drawKey();
  private readonly workers = new Set<ChildProcess>();
  private readonly listening = new Set<ChildProcess>();
  /** To be told of the configuration once they listen: they have started with an earlier one. */
  private readonly outdated = new Set<ChildProcess>();
  private readonly restarts = new RestartBackoff(REPLACE_MS);
  private port = 0;
  private isUp = false;
  private isAnnounced = false;
  private began: number | undefined;
  private code = 0;
  private readonly server: ServerConfig;
  private readonly running: RunningConfig;

  /** @param files that the configuration was made of: workers get them, so that all have the same one whenever they start */
  constructor(
    private readonly config: GatewayConfig,
    private files: ReadFiles,
  ) {
    const { server } = config;
    this.server = server;
    this.running = new RunningConfig(config);
    Logger.overrideLogger(nestLogger(createLogger(server.logLevel, this.output)));
  }

  /**
   * Starts one at first: what that cannot do, the others could not either, and one of them is enough to say so.
   * @throws Error when somebody else has the port
   */
  async start(): Promise<void> {
    this.port = await exclusivePort(this.server);
    if (this.config.admin !== undefined) await exclusivePort(this.config.admin);
    for (const signal of SIGNALS) process.on(signal, () => this.onSignal(signal));
    takeHangups(() => {
      if (hasLostTerminal()) this.begin('its terminal is gone', disconnect);
      else this.reload();
    });
    process.once('disconnect', () => this.begin('its parent is gone', disconnect));
    this.fork();
  }

  /** Has all end as one process does, and ends when the last is gone. @param code of this process, unless a worker's is not 0 */
  begin(reason: string, stop: (worker: ChildProcess) => unknown = (worker) => worker.kill(), code = 0): void {
    this.code ||= code;
    if (this.began !== undefined) return;
    this.began = performance.now();
    this.logger.log(`${reason}: ${this.workers.size} processes are stopped`);
    for (const worker of this.workers) stop(worker);
    setTimeout(() => this.kill(), this.server.shutdownSeconds * 1000 + GRACE_MS).unref();
    this.leave();
  }

  private onSignal(signal: (typeof SIGNALS)[number]): void {
    if (this.began === undefined) return this.begin(signal);
    if (performance.now() - this.began <= TOGETHER_MS) return;
    this.code = endedBy(signal);
    for (const worker of this.workers) tell(worker, { type: 'end', code: this.code });
    setTimeout(() => this.kill(), GRACE_MS).unref();
  }

  private reload(): void {
    const files: ReadFiles = new Map();
    if (this.running.read(process.env, files) === null) return;
    this.files = files;
    this.logger.log(`the configuration was read again: ${this.workers.size} processes are told`);
    for (const worker of this.workers) this.tellConfig(worker);
  }

  private tellConfig(worker: ChildProcess): void {
    if (this.listening.has(worker)) tell(worker, { type: 'reload', files: [...this.files] });
    else this.outdated.add(worker);
  }

  private fork(): void {
    const env = { ...process.env, PORT: String(this.port) };
    // Detached: what a terminal sends to all, they would get twice.
    const worker = fork(process.argv[1] ?? '', [WORKER], {
      env,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      detached: true,
    });
    // Not by its arguments or environment: others may read these.
    tell(worker, { type: 'start', principalKey: this.key, files: [...this.files] });
    this.workers.add(worker);
    this.relay.add(worker);
    if (worker.stdout !== null) mergeLines(worker.stdout, this.output);
    worker.on('message', (message) => {
      if (isMessage(message) && message.type === 'listening') this.onListening(worker, message.url);
    });
    worker.on('error', (error) => this.logger.error(error.message));
    // Not 'exit': its last lines are still to come then.
    worker.once('close', (code, signal) => this.onDeath(worker, code, signal));
  }

  private onListening(worker: ChildProcess, url: string): void {
    this.listening.add(worker);
    if (this.outdated.delete(worker)) this.tellConfig(worker);
    if (!this.isUp) {
      this.isUp = true;
      for (let count = 1; count < this.server.processes; count += 1) this.fork();
    }
    if (this.isAnnounced || this.listening.size < this.server.processes) return;
    this.isAnnounced = true;
    process.stdout.write(`task-gateway listens on ${url}\n`);
    process.send?.({ type: 'listening', url });
  }

  private onDeath(worker: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    this.workers.delete(worker);
    this.listening.delete(worker);
    this.outdated.delete(worker);
    this.relay.remove(worker);
    if (this.began !== undefined) {
      this.code ||= code ?? 0;
      return this.leave();
    }
    // It has said why.
    if (!this.isUp) process.exit(code ?? 1);
    const delayMs = this.restarts.next();
    this.logger.error(`a process has ended (${signal ?? code}): another is started in ${delayMs} ms`);
    setTimeout(() => this.began ?? this.fork(), delayMs);
  }

  private kill(): void {
    for (const worker of this.workers) worker.kill('SIGKILL');
  }

  private leave(): void {
    if (this.workers.size === 0) process.exit(this.code);
  }
}

/** Stops it without a drain: nobody sends its callers elsewhere. */
function disconnect(worker: ChildProcess): void {
  worker.disconnect();
}

/** The port for all workers. They share it with whoever of the same user shares it, too: another gateway would not be noticed. */
async function exclusivePort({ host, port }: Pick<ServerConfig, 'host' | 'port'>): Promise<number> {
  const server = createServer().listen(port, listenHost(host));
  await once(server, 'listening');
  const found = (server.address() as AddressInfo).port;
  await once(server.close(), 'close');
  return found;
}

/**
 * Runs several gateways on one port.
 * @param files that the configuration was made of @param onFailure gets what ends them once nobody has caught an error
 */
export async function startProcesses(
  config: GatewayConfig,
  files: ReadFiles,
  onFailure: (end: () => void) => void,
): Promise<void> {
  const primary = new Primary(config, files);
  onFailure(() => primary.begin('nobody caught an error', undefined, 1));
  await primary.start();
}
