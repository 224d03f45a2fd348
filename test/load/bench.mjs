// npm run bench: measures the gateway beside other servers on this machine, and writes a table. See README.md.
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { judge, verdicts } from './claims.mjs';
import { LOAD_GENERATOR } from './load.mjs';
import { canPin, describeCommit, describeMachine, isInstalled, pinThisProcess } from './machine.mjs';
import { disturbance } from './measure.mjs';
import { UsageError, readOptions } from './options.mjs';
import { installPeers } from './peers.mjs';
import { profile } from './profile.mjs';
import { setStage } from './stage.mjs';
import { crowd } from './suites/crowd.mjs';
import { growth } from './suites/growth.mjs';
import { hit } from './suites/hit.mjs';
import { miss } from './suites/miss.mjs';
import { start } from './suites/start.mjs';
import { stream } from './suites/stream.mjs';
import { wait } from './suites/wait.mjs';
import { range, table } from './table.mjs';

const SUITES = { hit, miss, crowd, growth, wait, stream, start };

const options = given();
const { out } = options;

const skipped = new Map();
const skip = (name, reason) => skipped.set(name, reason);
if (!canPin) skipped.set('pinned CPUs', 'taskset is not installed, or there is one CPU only');
if (LOAD_GENERATOR !== 'wrk')
  skipped.set('wrk', 'not installed; autocannon measures instead, and costs more than the servers');
if (!isInstalled('redis-server')) skipped.set('everything with Redis', 'redis-server is not installed');

pinThisProcess();
const peersMissing = installPeers();
const stage = { ...(await setStage(options.access)), peersMissing };
let complete = false;
try {
  if (options.profile === undefined) await measure();
  else process.stdout.write(`${await profile(stage, options.profile)}\n`);
  complete = true;
} finally {
  await stage.clear();
  if (!complete) process.exitCode = 1;
}

/** Before anything is installed or started. */
function given() {
  try {
    return readOptions(process.argv.slice(2), Object.keys(SUITES));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`bench: ${error.message}\n`);
    return process.exit(1);
  }
}

async function measure() {
  const began = performance.now();
  const results = {};
  for (const name of options.suites) {
    process.stderr.write(`${name}\n`);
    results[name] = await SUITES[name](stage, { ...options, skip });
  }
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  const report = await format(write(results, minutes), { parser: 'markdown' });
  process.stdout.write(report);
  if (out !== null) writeFileSync(out, report);
  if (!options.assert) return;
  const missed = judge(results).filter(({ kept }) => !kept);
  for (const { text, value, limit } of missed)
    process.stderr.write(`missed: ${text} is ${value.toFixed(2)}, ${limit}\n`);
  if (missed.length > 0) process.exitCode = 1;
}

function write(results, minutes) {
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ').replace(/ --$/, '');
  const pinned = canPin ? 'servers on CPU 0; load, Redis and upstream on CPU 1' : 'not pinned';
  const others = disturbance();
  const head = [
    '# What the gateway costs',
    `\`${command}\`, ${new Date().toISOString().slice(0, 10)}, commit ${describeCommit()}, ${minutes} minutes.`,
    `${describeMachine()}; ${pinned}; load by ${LOAD_GENERATOR}; access mode ${options.access}.`,
    `${options.rounds} interleaved rounds of ${options.seconds} s unless said otherwise; medians, with minimum and maximum. ` +
      'A ratio is taken within each round. CPU is user and system time of all threads of a server, for each request.',
    ...(others === undefined ? [] : [`Other programs took this share of the servers' CPU: ${range(others)}.`]),
  ];
  const left = [...skipped].map(([name, reason]) => `- ${name}: ${reason}`);
  const sections = Object.values(results).map(({ title, text }) => `## ${title}\n\n${text}`);
  sections.push(`## Promises\n\n${table(verdicts(results))}`);
  return `${[...head, ...(left.length === 0 ? [] : [`Left out:\n\n${left.join('\n')}`]), ...sections].join('\n\n')}\n`;
}
