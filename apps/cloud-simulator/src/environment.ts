import { isIP } from 'node:net';
import { demoAccount } from './accounts.js';
import type { SimulatorOptions } from './simulator.js';

const NAMES = ['SIMULATOR_HOST', 'SIMULATOR_PORT', 'SIMULATOR_PASSWORD', 'SIMULATOR_SECRET_KEY'] as const;

export interface ProgramOptions extends Omit<SimulatorOptions, 'port'> {
  /** The first that is free is taken. */
  readonly ports: readonly number[];
}

/**
 * Reads the options of the program; an empty variable counts as left out.
 * @throws Error that names every variable that is wrong or unknown
 */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): ProgramOptions {
  const read = (name: (typeof NAMES)[number]): string | undefined => environment[name] || undefined;
  const host = read('SIMULATOR_HOST') ?? '127.0.0.1';
  const ports = (read('SIMULATOR_PORT') ?? '4010').split(',');
  const known: readonly string[] = NAMES;
  const problems = Object.keys(environment)
    .filter((name) => name.startsWith('SIMULATOR_') && !known.includes(name))
    .map((name) => `${name} is not known`);
  if (isIP(host) === 0 && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host))
    problems.push('SIMULATOR_HOST must be an address or a host name');
  if (!ports.every((port) => /^\d{1,5}$/.test(port) && Number(port) <= 65_535))
    problems.push('SIMULATOR_PORT must be an integer from 0 to 65535, or several with commas');
  if (problems.length > 0) throw new Error(problems.join('; '));
  return {
    host,
    ports: ports.map(Number),
    accounts: [demoAccount(read('SIMULATOR_PASSWORD'), read('SIMULATOR_SECRET_KEY'))],
  };
}
