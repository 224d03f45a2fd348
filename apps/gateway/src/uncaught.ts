import { Logger } from '@nestjs/common';
import { describeError } from './http/describe-error.js';

/**
 * Logs what nobody caught, without what its members hold, and stops: who knows what is half done. Node itself would print
 * all of it, and end in the middle of every request.
 */
export function stopWhenUncaught(stop: () => void): void {
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
