import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { GatewayConfig } from './config/gateway-config.js';
import { Drain } from './http/gateway-server.js';
import { describeError } from './http/describe-error.js';
import { Reload } from './reload/reload.js';
import { endedBy, hasLostTerminal, SIGNALS, takeHangups, TOGETHER_MS } from './signals.js';

/** The end of the process: once every answer is out, at the latest after `server.shutdownSeconds`. */
export class Stop {
  private readonly logger = new Logger('Stop');
  private began: number | undefined;
  private code = 0;

  constructor(private readonly app: INestApplication) {}

  /**
   * Has signals end the process with code 0; a second one ends it at once, with 128 and the number of the signal. SIGHUP has it
   * read its configuration again, unless it says that its terminal is gone.
   * @param isOneOfSeveral whether another process hears of signals, too: it reads the configuration for all, and ends this one at the second
   */
  onSignals(isOneOfSeveral: boolean): void {
    const { drainSeconds } = this.app.get(GatewayConfig).server;
    for (const signal of SIGNALS)
      process.on(signal, () => {
        if (this.began === undefined) this.begin(signal, drainSeconds);
        else if (!isOneOfSeveral && performance.now() - this.began > TOGETHER_MS) process.exit(endedBy(signal));
      });
    takeHangups(() => {
      if (hasLostTerminal()) this.begin('its terminal is gone', 0);
      else if (!isOneOfSeveral) this.app.get(Reload).run(process.env);
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
