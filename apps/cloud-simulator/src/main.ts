import { readEnvironment } from './environment.js';
import { startSimulator } from './simulator.js';

try {
  const simulator = await startSimulator(readEnvironment(process.env));
  const stop = (): void => {
    void simulator.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Who started it is gone: nobody else would stop it.
  process.once('disconnect', stop);
  process.stdout.write(`cloud-simulator listening on ${simulator.url}\n`);
  // Who started it may be gone already, and nobody heard.
  process.send?.({ type: 'listening', url: simulator.url }, undefined, undefined, (error) => error && stop());
} catch (error) {
  process.stderr.write(`cloud-simulator cannot start: ${reasonOf(error)}\n`);
  process.exitCode = 1;
  process.disconnect?.();
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && error.code === 'EADDRINUSE' ? `the port is taken (${error.message})` : error.message;
}
