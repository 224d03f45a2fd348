import { readEnvironment } from './environment.js';
import type { ProgramOptions } from './environment.js';
import { startSimulator } from './simulator.js';
import type { Simulator } from './simulator.js';

try {
  const simulator = await start(readEnvironment(process.env));
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

async function start({ ports: [port = 0, ...others], ...options }: ProgramOptions): Promise<Simulator> {
  try {
    return await startSimulator({ ...options, port });
  } catch (error) {
    if (others.length === 0 || !isTaken(error)) throw error;
    return start({ ...options, ports: others });
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isTaken(error) ? `the port is taken (${error.message})` : error.message;
}
