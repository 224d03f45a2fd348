import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export interface Program {
  readonly pid: number;
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves when it has printed this; rejects when it ends before. */
  readonly prints: (text: string) => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** All that it has, besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a built program with this Node. */
export function run(file: string, { cwd = process.cwd(), env = {} }: ProgramOptions = {}): Program {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [file], { cwd, env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  // Not 'exit': the last lines are still to come then.
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));
  return {
    pid: child.pid ?? 0,
    out: () => out,
    err: () => err,
    prints: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => (out.includes(text) ? resolve() : undefined);
        child.stdout.on('data', look);
        child.once('close', () => reject(new Error(`it ended before it printed "${text}":\n${out}${err}`)));
        look();
      }),
    signal: (signal) => void child.kill(signal),
    ended,
  };
}

/** Process ids of the children of a process. */
export function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** Not so of one that has ended, also while nobody has asked for its exit code. */
export function isRunning(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // Its sockets live until the last of its threads has ended.
    return !/^State:\s*Z/m.test(status) || !/^Threads:\s*[01]$/m.test(status);
  } catch {
    return false;
  }
}
