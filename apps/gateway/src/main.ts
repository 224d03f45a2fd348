import { createApp } from './app.js';
import { ConfigError, loadConfig } from './config/load-config.js';
import { RequestNames } from './http/request-names.js';
import { stopWhenUncaught } from './uncaught.js';

let stop = (code: number): void => process.exit(code);
stopWhenUncaught(() => stop(1));

try {
  const config = loadConfig(process.env);
  const app = await createApp(config);
  app.enableShutdownHooks();
  stop = (code) => void app.close().finally(() => process.exit(code));
  // Who started it is gone: nobody else would stop it.
  process.once('disconnect', () => stop(0));
  await app.listen(config.server.port, config.server.host);
  const url = app.get(RequestNames).baseUrl();
  process.stdout.write(`task-gateway listens on ${url}\n`);
  process.send?.({ type: 'listening', url });
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
