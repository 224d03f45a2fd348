import { load } from './load.mjs';
import { canPin, serverCpuMs } from './machine.mjs';
import { interleaved, ratios, spread } from './rounds.mjs';

const WARM_UP_SECONDS = 2;
const warm = new WeakSet();
const disturbances = [];

/** The share of the servers' CPU that went to other programs while something was measured; undefined where nothing is pinned. */
export function disturbance() {
  return canPin && disturbances.length > 0 ? spread(disturbances) : undefined;
}

/**
 * Loads one server and reads what it cost.
 * @param server one that was started, or several that share the load
 * @returns {Promise<{rps, p50, p99, cpuUs, rssMb, failed}>} requests a second, milliseconds, microseconds of CPU for each
 * request, megabytes
 */
export async function sample(server, job) {
  const servers = [server].flat();
  const [began, workedBefore] = [performance.now(), serverCpuMs()];
  const cpuBefore = servers.map((one) => one.cpuMs());
  const connections = Math.ceil(job.connections / servers.length);
  const runs = await Promise.all(servers.map(({ url }) => load({ ...job, url, connections })));
  const cpuMs = servers.reduce((sum, one, index) => sum + one.cpuMs() - cpuBefore[index], 0);
  disturbances.push(Math.max(0, serverCpuMs() - workedBefore - cpuMs) / (performance.now() - began));
  const rssBytes = servers.reduce((sum, one) => sum + one.rssBytes(), 0);
  for (const one of servers) one.forgetLog?.();
  const sum = (member) => runs.reduce((total, run) => total + run[member], 0);
  return {
    rps: runs.reduce((total, { requests, seconds }) => total + requests / seconds, 0),
    p50: Math.max(...runs.map(({ p50 }) => p50)),
    p99: Math.max(...runs.map(({ p99 }) => p99)),
    cpuUs: (cpuMs * 1000) / sum('requests'),
    rssMb: rssBytes / 1e6,
    failed: sum('failed'),
  };
}

/**
 * Compares targets that are running.
 * @param targets `{name, server, path, headers}`, and what else {@link load} takes; the one called `base` is what the others are held against
 * @returns {Promise<object[]>} a row for each, the cheapest first
 */
export async function compare(targets, base, { rounds, seconds, connections }) {
  const jobOf = ({ path, headers, prefix, count }) => ({ path, headers, prefix, count, seconds, connections });
  for (const target of targets) {
    if (!warm.has(target.server)) await sample(target.server, { ...jobOf(target), seconds: WARM_UP_SECONDS });
    warm.add(target.server);
  }
  const samples = await interleaved(targets, rounds, (target) => sample(target.server, jobOf(target)));
  const baseSamples = samples.get(targets.find(({ name }) => name === base));
  const rows = targets.map((target) => {
    const own = samples.get(target);
    const of = (member) => spread(own.map((one) => one[member]));
    return {
      name: target.name,
      samples: own,
      rps: of('rps'),
      p50: of('p50'),
      p99: of('p99'),
      cpuUs: of('cpuUs'),
      rssMb: of('rssMb'),
      failed: own.reduce((sum, one) => sum + one.failed, 0),
      ...(baseSamples === undefined
        ? {}
        : { rpsRatio: ratios(own, baseSamples, 'rps'), cpuRatio: ratios(own, baseSamples, 'cpuUs') }),
    };
  });
  return rows.toSorted((one, other) => one.cpuUs.median - other.cpuUs.median);
}
