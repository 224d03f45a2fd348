import { createApp } from './app.js';
import { ConfigError, loadConfig } from './config/load-config.js';
import { listenHost } from './http/gateway-server.js';
import { ProblemWriter } from './http/problem-writer.js';
import { Stop, stopWhenUncaught } from './stop.js';

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
  // Who started it may be gone already, and nobody heard.
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
