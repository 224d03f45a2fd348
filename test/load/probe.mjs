// Loaded into a server that is looked into: tells what is alive after a collection, the CPU time, how late the loop was.
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

/** What Node needs to load this file into a program. Code that V8 drops meanwhile, megabytes of it, would count for what is measured. */
export const PROBE_ARGS = ['--expose-gc', '--no-flush-bytecode', '--import', fileURLToPath(import.meta.url)];

const QUIET_CPU_MS = 5;
const QUIET_LOOKS = 2;
const LOOK_MS = 200;
const LOOKS = 150;

async function ask({ child }, question) {
  child.send({ probe: question });
  const [{ answer }] = await once(child, 'message');
  return answer;
}

/** Bytes that a program holds which was started with {@link PROBE_ARGS}. */
export const liveHeapBytes = (program) => ask(program, 'heap');

/** Milliseconds of user and system time of all its threads, finer than the clock ticks of /proc. */
export const cpuMsOf = (program) => ask(program, 'cpu');

/**
 * From now on, how much longer than its work a turn of the loop takes; with a finer resolution shorter pieces are seen, and more is spent.
 * @param resolution milliseconds
 */
export const watchLoop = (program, resolution) => ask(program, ['loop', resolution]);

/**
 * What was seen since {@link watchLoop}: milliseconds by which the loop was late, and the most that it worked at a stretch: CPU time,
 * for what other programs take of a busy machine is not its own.
 * @returns {Promise<{p99: number, pieceMs: number}>}
 */
export const loopDelay = (program) => ask(program, 'delay');

/** Until a program has nothing left to do: its work is read from time to time. */
export async function untilQuiet(program) {
  let before = await cpuMsOf(program);
  for (let look = 0, quiet = 0; look < LOOKS && quiet < QUIET_LOOKS; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const now = await cpuMsOf(program);
    quiet = now - before < QUIET_CPU_MS ? quiet + 1 : 0;
    before = now;
  }
}

let monitor;
let resolutionMs;
let timer;
let pieceMs;
const threadMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};
const ANSWERS = {
  heap: () => {
    // What is weakly held goes with the second collection.
    globalThis.gc();
    globalThis.gc();
    return process.memoryUsage().heapUsed;
  },
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  loop: (resolution) => {
    resolutionMs = resolution;
    monitor = monitorEventLoopDelay({ resolution });
    monitor.enable();
    let last = threadMs();
    pieceMs = 0;
    timer = setInterval(() => {
      const now = threadMs();
      pieceMs = Math.max(pieceMs, now - last);
      last = now;
    }, resolution);
    return true;
  },
  delay: () => {
    monitor.disable();
    clearInterval(timer);
    return { p99: Math.max(0, monitor.percentile(99) / 1e6 - resolutionMs), pieceMs };
  },
};

if (globalThis.gc !== undefined)
  process.on('message', ({ probe }) => {
    if (probe === undefined) return;
    const [name, ...given] = [probe].flat();
    process.send({ answer: ANSWERS[name](...given) });
  });
