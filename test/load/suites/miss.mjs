import { compare } from '../measure.mjs';
import { comparison, figure } from '../table.mjs';
import { MISSES, startTargets, stopTargets } from '../targets.mjs';

/** What a miss is held against. */
export const BASE = 'node:http + undici';
export const DIRECT = 'direct';
const CASES = {
  'no delay': { delay: 0, connections: 64, seconds: 2 },
  '20 ms': { delay: 20, connections: 64, seconds: 2 },
  // Few enough that nobody waits for the processor: what is left is the way itself.
  '20 ms, 4 connections': { delay: 20, connections: 4, seconds: 1 },
};

/** Each request asks about a task that nobody has asked about before. */
export async function miss(stage, options) {
  // The upstream's own processor time stands in this row.
  const direct = { name: DIRECT, server: stage.upstream, headers: {}, pathOf: (id) => `/v2/p/instances/i/tasks/${id}` };
  const servers = await startTargets(stage, MISSES, options);
  const targets = [direct, ...servers].map((target) => ({ ...target, path: target.pathOf('{n}') }));
  const results = {};
  for (const [name, { delay, connections, seconds }] of Object.entries(CASES)) {
    await stage.upstream.control(delay);
    const size = { connections, rounds: options.rounds, seconds: Math.min(seconds, options.seconds) };
    results[name] = { ...size, rows: await compare(targets, BASE, size) };
  }
  await stopTargets(servers);
  return {
    title: 'Miss: each request asks about another task',
    text: Object.entries(results).map(section).join('\n\n'),
    results,
  };
}

/** Milliseconds that a target adds to the median of a direct call. */
export function addedMs(rows, name) {
  const medianOf = (wanted) => rows.find((row) => row.name === wanted)?.p50.median;
  return medianOf(name) - medianOf(DIRECT);
}

function section([name, { connections, seconds, rows }]) {
  const added = rows
    .filter((row) => row.name !== DIRECT)
    .map((row) => `${row.name} ${figure(addedMs(rows, row.name))} ms`);
  return [
    `Upstream: ${name.split(',')[0]}; ${connections} connections, rounds of ${seconds} s.`,
    comparison(rows, BASE),
    `Added to the direct p50: ${added.join(', ')}.`,
  ].join('\n\n');
}
