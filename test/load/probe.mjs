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

/** @returns {Promise<{p99: number, max: number}>} milliseconds by which the loop was late since {@link watchLoop} */
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
    return true;
  },
  delay: () => {
    monitor.disable();
    const late = (ns) => Math.max(0, ns / 1e6 - resolutionMs);
    return { p99: late(monitor.percentile(99)), max: late(monitor.max) };
  },
};

if (globalThis.gc !== undefined)
  process.on('message', ({ probe }) => {
    if (probe === undefined) return;
    const [name, ...given] = [probe].flat();
    process.send({ answer: ANSWERS[name](...given) });
  });
