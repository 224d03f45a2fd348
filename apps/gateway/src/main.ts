import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { Logger } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { createApp } from './app.js';
import { GatewayConfig } from './config/gateway-config.js';
import { ConfigError, loadConfig } from './config/load-config.js';
import { Drain, listenHost } from './http/gateway-server.js';
import { describeError, ProblemWriter } from './http/problem-writer.js';
import { Reload } from './reload/reload.js';

/** Milliseconds in which signals are one: npm passes on what the terminal has sent to all its group already. */
const TOGETHER_MS = 100;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Streams of this process that were terminals when it began. */
const TERMINALS = [0, 1, 2].filter((stream) => isatty(stream));

/** The end of the process: once every answer is out, at the latest after `server.shutdownSeconds`. */
class Stop {
  private readonly logger = new Logger('Stop');
  private began: number | undefined;
  private code = 0;

  constructor(private readonly app: INestApplication) {}

  /**
   * Has signals end the process with code 0; a second one ends it at once, with 128 and the number of the signal. SIGHUP has it
   * read its configuration again, unless it says that its terminal is gone.
   */
  onSignals(): void {
    const { drainSeconds } = this.app.get(GatewayConfig).server;
    for (const signal of SIGNALS)
      process.on(signal, () => {
        if (this.began === undefined) this.begin(signal, drainSeconds);
        else if (performance.now() - this.began > TOGETHER_MS) process.exit(128 + constants.signals[signal]);
      });
    process.on('SIGHUP', () => {
      if (hasLostTerminal()) this.begin('its terminal is gone', 0);
      else this.app.get(Reload).run(process.env);
    });
    // Who started it is gone: nobody else would stop it, and nobody sends callers elsewhere.
    process.once('disconnect', () => this.begin('its parent is gone', 0));
  }

  /** @param drainSeconds in which new requests are still served @param code of the process, unless an earlier one is not 0 */
  begin(reason: string, drainSeconds: number, code = 0): void {
    this.code ||= code;
    if (this.began !== undefined) return;
    this.began = performance.now();
    this.logger.log(`${reason}: new requests are served for ${drainSeconds} s, then those under way are ended`);
    void this.end(drainSeconds);
  }

  private async end(drainSeconds: number): Promise<void> {
    const drain = this.app.get(Drain);
    const { shutdownSeconds } = this.app.get(GatewayConfig).server;
    drain.begin();
    setTimeout(() => {
      this.logger.warn(
        `${drain.cutOff()} connections were cut off after ${shutdownSeconds} s (server.shutdownSeconds)`,
      );
      // Then their lines are in the log.
      setImmediate(() => process.exit(this.code));
    }, shutdownSeconds * 1000);
    await delay(drainSeconds * 1000);
    drain.closeListeners();
    try {
      await this.app.close();
    } catch (error) {
      this.logger.error(`it could not be closed: ${describeError(error)}`);
      this.code ||= 1;
    }
    process.exit(this.code);
  }
}

/** The system closes terminals before it tells those who run in them. */
function hasLostTerminal(): boolean {
  return TERMINALS.length > 0 && !TERMINALS.some((stream) => isatty(stream));
}

/**
 * Logs what nobody caught, without what its members hold, and stops: who knows what is half done. Node itself would print
 * all of it, and end in the middle of every request.
 */
function stopWhenUncaught(stop: () => void): void {
  const logger = new Logger('Process');
  let isStopping = false;
  const report = (error: unknown): void => {
    const text = `Nobody caught ${describeError(error)}`;
    if (isStopping) return logger.error(text);
    isStopping = true;
    logger.fatal(text);
    stop();
  };
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}

let fail = (): void => process.exit(1);
stopWhenUncaught(() => fail());

try {
  const config = loadConfig(process.env);
  const app = await createApp(config);
  const stop = new Stop(app);
  stop.onSignals();
  fail = () => stop.begin('nobody caught an error', 0, 1);
  await app.listen(config.server.port, listenHost(config.server.host));
  const url = app.get(ProblemWriter).baseUrl();
  process.stdout.write(`task-gateway listens on ${url}\n`);
  // Its parent may be gone already, without a 'disconnect' to be seen.
  process.send?.(
    { type: 'listening', url },
    undefined,
    undefined,
    (error) => error && process.kill(process.pid, 'SIGTERM'),
  );
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'EADDRINUSE') return 'The address is in use by another program: set PORT to a free one.';
  return `The gateway cannot start: ${message ?? 'unknown reason'}`;
}
