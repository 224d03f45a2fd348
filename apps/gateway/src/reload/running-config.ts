import { Logger } from '@nestjs/common';
import { changesBetween, fixedChanges, kindOf } from '../config/changes.js';
import type { ReadFiles } from '../config/files.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { configSource, ConfigError, loadConfig } from '../config/load-config.js';
import type { Environment } from '../config/load-config.js';

/** The configuration that a gateway runs with, and which others it can go on with. */
export class RunningConfig {
  private readonly logger = new Logger('Reload');
  /** Of all regions that there ever were, by name. */
  private readonly kinds = new Map<string, string>();

  constructor(private config: GatewayConfig) {
    this.noteKinds();
  }

  /**
   * Reads the configuration as a start does.
   * @param files as {@link loadConfig} takes them
   * @returns what holds from now on; null where it cannot be used, or needs a restart: that is logged, and all stays as it is
   */
  read(
    environment: Environment,
    files?: ReadFiles,
  ): { readonly config: GatewayConfig; readonly changes: readonly string[] } | null {
    try {
      const next = loadConfig(environment, files);
      const changes = changesBetween(this.config, next);
      const fixed = fixedChanges(changes, next, this.kinds);
      if (fixed.length > 0) throw new ConfigError(configSource(environment), fixed);
      this.config = next;
      this.noteKinds();
      return { config: next, changes };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.logger.error(`The configuration stays as it is. ${error.message}`);
      return null;
    }
  }

  private noteKinds(): void {
    for (const region of this.config.regions) this.kinds.set(region.name, kindOf(region));
  }
}
