import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readdirSync, truncateSync } from 'node:fs';
import { TICK_MS, onServerCpu } from './machine.mjs';

const STOP_MS = 5_000;

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/**
 * Starts a Node program that tells over IPC where it listens.
 * @param options.server on the CPU of the servers; else on that of the load
 * @param options.log file for its standard output, as a container would keep it; none drops the output
 */
export async function startNode(file, { env = {}, nodeArgs = [], args = [], server = true, log = null } = {}) {
  const command = [process.execPath, [...nodeArgs, file, ...args]];
  const program = start(server ? onServerCpu(...command) : command, { env, log, ipc: true });
  const { child } = program;
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${file} ended with ${code} before it listened:\n${program.errors()}`);
    }),
  ]);
  return { ...program, url: message.url };
}

/** Starts any program on the CPU of the servers; the caller knows where it will listen. */
export function startCommand(command, args, url) {
  return { ...start(onServerCpu(command, args), { env: {}, log: null, ipc: false }), url };
}

function start([command, args], { env, log, ipc }) {
  const { PATH = '', HOME = '' } = process.env;
  // Appending, so that the file can be emptied under the program's hands.
  const out = log === null ? 'ignore' : openSync(log, 'a');
  const stdio = ['ignore', out, 'pipe', ...(ipc ? ['ipc'] : [])];
  const child = spawn(command, args, { env: { PATH, HOME, NODE_ENV: 'production', ...env }, stdio });
  if (typeof out === 'number') closeSync(out);
  running.add(child);
  child.once('exit', () => running.delete(child));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors = (errors + text).slice(-4_000)));
  return {
    child,
    errors: () => errors,
    /** Milliseconds of user and system time of all its threads and children since it started. */
    cpuMs: () => familyOf(child.pid).reduce((sum, pid) => sum + cpuMsOf(pid), 0),
    /** The same of each of its children. */
    childrenCpuMs: () => childrenOf(child.pid).map(cpuMsOf),
    /** Bytes in memory, children included. */
    rssBytes: () => familyOf(child.pid).reduce((sum, pid) => sum + rssBytesOf(pid), 0),
    forgetLog: () => (log === null ? undefined : truncateSync(log)),
    stop: () => stop(child),
  };
}

/** Programs with a channel end by themselves when it closes: that way a CPU profile is written. */
async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  else child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

const familyOf = (pid) => [pid, ...childrenOf(pid).flatMap(familyOf)];

/** `utime` and `stime` count all threads; the name before them may hold blanks. */
function cpuMsOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function rssBytesOf(pid) {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
