import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGateway } from './gateway.mjs';
import { sample } from './measure.mjs';
import { primed } from './suites/hit.mjs';
import { taskPath } from './stage.mjs';
import { figure, table } from './table.mjs';

const SECONDS = 6;
const SAMPLE_US = 200;
const ROWS = 45;
const IDLE = new Set(['(idle)', '(root)']);

/** The paths of a request that can be looked at. */
export const PROFILES = {
  hit: {},
  304: { conditional: true },
  redis: { many: 1_000, memoryBytes: 0 },
  miss: { fresh: true },
};

/**
 * Where a gateway under load spends its time.
 * @param name one of `PROFILES`
 * @returns {Promise<string>} Markdown
 */
export async function profile(stage, name) {
  const { memoryBytes, fresh = false, ...target } = PROFILES[name];
  const nodeArgs = ['--cpu-prof', `--cpu-prof-dir=${stage.folder}`, `--cpu-prof-interval=${SAMPLE_US}`];
  const server = await startGateway(stage, { memoryBytes, nodeArgs });
  const asked = { name, server, headers: server.headers, pathOf: taskPath, ...target };
  const { path, headers, prefix, count } = fresh ? { ...asked, path: taskPath('{n}') } : await primed(asked);
  const job = { path, headers, prefix, count, connections: 64 };
  await sample(server, { ...job, seconds: 2 });
  const from = nowUs();
  const measured = await sample(server, { ...job, seconds: SECONDS });
  const to = nowUs();
  await server.stop();
  const [file] = globSync(`${stage.folder}/*.cpuprofile`);
  const selfTimes = readProfile(JSON.parse(readFileSync(file, 'utf8')), from, to);
  const head = `${name}: ${figure(measured.cpuUs)} µs of CPU for each request while profiled; shares of the time that was not idle.`;
  return [
    head,
    ranked(selfTimes, 'module', ({ module }) => module, 20),
    ranked(selfTimes, 'function', ({ name: text }) => text, ROWS),
  ].join('\n\n');
}

/** The clock of V8's profiles. */
function nowUs() {
  return Number(process.hrtime.bigint() / 1000n);
}

/** @returns {{name: string, module: string, us: number}[]} self times in a span of the profile */
function readProfile({ nodes, samples, timeDeltas, startTime }, from, to) {
  const spent = new Map();
  let at = startTime;
  for (const [index, id] of samples.entries()) {
    at += timeDeltas[index];
    if (at >= from && at <= to) spent.set(id, (spent.get(id) ?? 0) + timeDeltas[index]);
  }
  return nodes
    .filter(({ id, callFrame }) => spent.has(id) && !IDLE.has(callFrame.functionName))
    .map(({ id, callFrame }) => ({ ...describe(callFrame), us: spent.get(id) }));
}

function describe({ functionName, url, lineNumber }) {
  const file = url.startsWith('file:') ? relative(process.cwd(), fileURLToPath(url)) : relative(process.cwd(), url);
  if (url === '') return { name: functionName, module: 'V8 and libuv' };
  if (url.startsWith('node:')) return { name: `${functionName} ${url}:${lineNumber + 1}`, module: url };
  const [, dependency] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  return { name: `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`, module: dependency ?? file };
}

function ranked(selfTimes, what, keyOf, limit) {
  const sums = new Map();
  for (const entry of selfTimes) sums.set(keyOf(entry), (sums.get(keyOf(entry)) ?? 0) + entry.us);
  const all = [...sums.values()].reduce((sum, us) => sum + us, 0);
  const rows = [...sums].toSorted(([, one], [, other]) => other - one).slice(0, limit);
  return table([[what, 'self time %'], ...rows.map(([name, us]) => [name, figure((us / all) * 100)])]);
}
