import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { DEMO_PASSWORD } from '../../apps/cloud-simulator/src/accounts.js';
import { eventually } from './eventually.js';
import { run } from './program.js';
import type { Program } from './program.js';

/** `npm test` builds it first. */
const MAIN = resolve('dist/apps/gateway/src/main.js');

/** Milliseconds: a machine that is busy with something else gets there too. */
const PATIENCE = { connectMs: 10_000, attemptMs: 30_000, requestMs: 60_000 };

export interface GatewayProgram {
  readonly program: Program;
  readonly url: string;
  readonly port: number;
  /** Writes a configuration that differs from that of the demo in these sections. Nobody reads it yet. */
  readonly configure: (config: Readonly<Record<string, unknown>>) => void;
  /** Has it read a configuration again that differs from that of the demo in these sections; what it logs of that. */
  readonly reload: (config: Readonly<Record<string, unknown>>) => Promise<string>;
  /** Ends it, whatever it does. */
  readonly kill: () => Promise<void>;
}

export interface GatewayProgramOptions {
  /** Sections that differ from those of the demo. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly simulatorUrl?: string;
}

/** Runs the built gateway of the demo as a process of its own. */
export async function startGatewayProgram(options: GatewayProgramOptions = {}): Promise<GatewayProgram> {
  const { config = {}, env = {}, simulatorUrl = 'http://127.0.0.1:1' } = options;
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const demo = parse(readFileSync('config/demo.yaml', 'utf8')) as object;
  const configure = (sections: object): void =>
    writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify({ ...demo, upstream: PATIENCE, ...sections }));
  configure(config);
  const variables = { SIMULATOR_URL: simulatorUrl, SIMULATOR_PASSWORD: DEMO_PASSWORD, PORT: '0', LOG_LEVEL: 'silent' };
  const program = run(MAIN, { cwd: folder, env: { ...variables, ...env } });
  const kill = async (): Promise<void> => {
    program.signal('SIGKILL');
    await program.ended;
    rmSync(folder, { recursive: true, force: true });
  };
  await program.prints('listens on').catch(async (error: unknown) => {
    await kill();
    throw error;
  });
  const url = /http:\S+/.exec(program.out())?.[0] ?? '';
  const reload = async (sections: object): Promise<string> => {
    const said = (): readonly string[] => program.out().match(/^.*"context":"Reload".*$/gm) ?? [];
    const before = said().length;
    configure(sections);
    program.signal('SIGHUP');
    await eventually(() => said().length > before);
    return (JSON.parse(said().at(-1) ?? '') as { readonly msg: string }).msg;
  };
  return { program, configure, reload, url, port: Number(new URL(url).port), kill };
}
