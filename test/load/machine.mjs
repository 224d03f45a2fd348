import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';

/** CPUs of the two sides: a load generator on the server's CPU would measure itself. */
const SERVER_CPU = '0';
const LOAD_CPU = '1';

/** Clock ticks of /proc, which Linux fixes at 100 a second for its readers. */
export const TICK_MS = 10;

/** @returns {boolean} whether a command is on the PATH, or where administrators have theirs */
export function isInstalled(command) {
  return pathOf(command) !== null;
}

/** @returns {string | null} */
export function pathOf(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, command)).find(isExecutable) ?? null;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const canPin = isInstalled('taskset') && availableParallelism() > 1;

/** Puts this process, and with it all that it starts without {@link onServerCpu}, on the CPU of the load. */
export function pinThisProcess() {
  if (canPin) execFileSync('taskset', ['-a', '-c', '-p', LOAD_CPU, String(process.pid)], { stdio: 'ignore' });
}

/** The command that runs another one on the CPU of the servers. */
export function onServerCpu(command, args) {
  return canPin ? ['taskset', ['-c', SERVER_CPU, command, ...args]] : [command, args];
}

/** Milliseconds that the CPU of the servers has worked since the machine started, also for other machines on the same one. */
export function serverCpuMs() {
  const line = new RegExp(`^cpu${SERVER_CPU} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(' ').map(Number);
  return (user + nice + system + steal) * TICK_MS;
}

/** One line for the head of a table. */
export function describeMachine() {
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${gibibytes} GiB, Linux ${release()}, Node ${process.version}`;
}

/** @returns {string} the commit that is measured, marked where files differ from it */
export function describeCommit() {
  const git = (...args) => spawnSync('git', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
  const commit = git('rev-parse', '--short', 'HEAD');
  return commit === ''
    ? 'no git here'
    : `${commit}${git('status', '--porcelain', 'apps', 'libs') === '' ? '' : ' with changes'}`;
}
