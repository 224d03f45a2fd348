import { Logger } from '@nestjs/common';
import type { ReadFiles } from './config/files.js';
import { ConfigError, loadConfig } from './config/load-config.js';
import { describeError } from './http/describe-error.js';
import { holdHangups } from './signals.js';
import { startOfWorker } from './siblings/worker.js';

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

holdHangups();
let fail = (): void => process.exit(1);
stopWhenUncaught(() => fail());

let adminPort: number | undefined;
try {
  const start = await startOfWorker();
  const files: ReadFiles = new Map(start?.files);
  const config = loadConfig(process.env, files);
  adminPort = config.admin?.port;
  const onFailure = (stop: () => void): unknown => (fail = stop);
  if (start === null && config.server.processes > 1) {
    // It only starts others, and does not load what they run.
    const { startProcesses } = await import('./processes/primary.js');
    await startProcesses(config, files, onFailure);
  } else {
    const { serve } = await import('./serve.js');
    await serve(config, start?.principalKey ?? null, onFailure);
  }
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message, port } = error as { code?: string; message?: string; port?: number };
  if (code === 'EADDRINUSE') {
    const setting = port !== undefined && port === adminPort ? 'admin.port' : 'PORT';
    return `The address is in use by another program: set ${setting} to a free one.`;
  }
  if (code === 'ENOTSUP') return 'On this system processes cannot share a port: set GATEWAY_PROCESSES to 1.';
  return `The gateway cannot start: ${message ?? 'unknown reason'}`;
}
