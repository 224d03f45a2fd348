import type { LoggerService } from '@nestjs/common';
import { pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger } from 'pino';

/** Injection token of the logger of what operators do. */
export const AUDIT_LOGGER = Symbol('audit logger');

/** Writes whatever level is configured: nobody turns an audit off with the noise. */
export function auditLogger(logger: Logger): Logger {
  return logger.child({}, { level: 'info' });
}

/** Lines of JSON. */
export function createLogger(level: string, destination: DestinationStream): Logger {
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, destination);
}

/** Nest's own messages, in the same form. */
export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'info' | 'error' | 'warn' | 'debug' | 'fatal') =>
    (message: unknown, ...rest: unknown[]) => {
      const context = rest.at(-1);
      logger[level]({ context: typeof context === 'string' ? context : undefined }, String(message));
    };
  return {
    log: write('info'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('debug'),
    fatal: write('fatal'),
  };
}
