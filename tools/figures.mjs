// Counts files and lines of the gateway and its libraries, and the files that a request runs through. `--check` fails above a limit.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const LIMITS = { files: 125, lines: 10_300, stored: 18, miss: 45 };
/** Tasks of the demo. */
const [WARM_UP, ASKED] = ['d9ce8c9eede54b3f841ec324fe0bfdc2', 'f0f49ad5d982edc4ab46ae23d67ad661'];

const sources = execFileSync('git', ['ls-files', 'apps/gateway/*.ts', 'libs/*.ts'], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((path) => !/\.spec\.ts$|\/(testing|fixtures|generated)\//.test(path))
  .map((path) => ({ path, folder: path.split('/src/')[0], lines: readFileSync(path, 'utf8').split('\n').length - 1 }));
const sizes = Object.entries(Object.groupBy(sources, ({ folder }) => folder)).map(([folder, files]) =>
  sizeOf(folder, files),
);
const total = sizeOf('in total', sources);
const { stored, miss } = await walk();

const FIGURES = [
  ['files', total.files, LIMITS.files],
  ['lines', total.lines, LIMITS.lines],
  ['files that run for a stored answer', stored.length, LIMITS.stored],
  ['files that run for a miss', miss.length, LIMITS.miss],
];
print('folder', 'files', 'lines');
for (const { name, files, lines } of [...sizes, total]) print(name, files, lines);
print('\nfigure', 'is', 'at most');
for (const figure of FIGURES) print(...figure);
print(`\nFor a stored answer run:\n  ${stored.join('\n  ')}\n\nFor a miss run:\n  ${miss.join('\n  ')}`);

const isAbove = FIGURES.some(([, is, limit]) => is > limit);
process.exit(isAbove && process.argv.includes('--check') ? 1 : 0);

function print(text, ...numbers) {
  process.stdout.write(`${text.padEnd(36)}${numbers.map((number) => String(number).padStart(8)).join('')}\n`);
}

function sizeOf(name, files) {
  return { name, files: files.length, lines: files.reduce((sum, { lines }) => sum + lines, 0) };
}

/** Own files of which a function runs in the built gateway while it answers one request. */
async function walk() {
  const simulator = await start('cloud-simulator', { SIMULATOR_PORT: '0', SIMULATOR_PASSWORD: 'demo' });
  const variables = { GATEWAY_CONFIG: 'config/demo.yaml', SIMULATOR_URL: simulator.url, SIMULATOR_PASSWORD: 'demo' };
  const gateway = await start('gateway', { ...variables, PORT: '0' });
  const inspector = new WebSocket(/ws:\S+/.exec(gateway.errors())[0]);
  await once(inspector, 'open');
  const call = async (method, params = {}) => {
    inspector.send(JSON.stringify({ id: 1, method, params }));
    const [{ data }] = await once(inspector, 'message');
    return JSON.parse(data).result;
  };
  const run = async (id) => {
    await call('Profiler.takePreciseCoverage');
    const reply = await fetch(`${gateway.url}/tasks/apig/${id}`);
    if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
    await reply.text();
    const { result } = await call('Profiler.takePreciseCoverage');
    return result
      .filter(({ functions }) => functions.some(({ ranges }) => ranges.some(({ count }) => count > 0)))
      .map(({ url }) => /\/dist\/((apps|libs)\/.*)\.js$/.exec(url)?.[1])
      .filter((path) => path !== undefined)
      .toSorted();
  };
  await call('Profiler.enable');
  await call('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  // Logs in, and connects.
  await run(WARM_UP);
  const files = { miss: await run(ASKED), stored: (await run(ASKED), await run(ASKED)) };
  gateway.child.kill();
  simulator.child.kill();
  return files;
}

async function start(name, env) {
  const child = fork(`dist/apps/${name}/src/main.js`, {
    env: { ...process.env, ...env },
    execArgv: ['--inspect=0'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const [{ url }] = await once(child, 'message');
  return { child, url, errors: () => errors };
}
