import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './machine.mjs';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

export const LOAD_GENERATOR = isInstalled('wrk') ? 'wrk' : 'autocannon';

let runs = 0;

/**
 * Keeps so many connections busy for so many seconds.
 * @param job.path may hold `{n}`, which becomes an id: a new one for each request, or one of `count`
 * @returns {Promise<{requests: number, seconds: number, failed: number, p50: number, p99: number}>} latencies in
 * milliseconds; failed are statuses from 400 on and broken connections
 */
export async function load({ url, path, connections, seconds, method = 'GET', headers = {}, body = '', ...ids }) {
  runs += 1;
  // Ids of one run are new to every cache, unless the caller names them.
  const { count = 0, prefix = `r${process.pid}x${runs}x` } = ids;
  const job = { url, path, method, headers, connections, seconds, prefix, count, body };
  const [command, args] =
    LOAD_GENERATOR === 'wrk' ? wrk(job) : [process.execPath, [file('autocannon.mjs'), JSON.stringify(job)]];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = await text(child.stdout);
  const [, figures] = /^RESULT (.*)$/m.exec(output) ?? [];
  if (figures === undefined) throw new Error(`${LOAD_GENERATOR} measured nothing:\n${output}`);
  return JSON.parse(figures);
}

function wrk({ url, path, method, headers, connections, seconds, prefix, count, body }) {
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const address = `${url}${path.replace('{n}', '%7Bn%7D')}`;
  const size = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s'];
  return ['wrk', [...size, ...fields, '-s', file('wrk.lua'), address, '--', method, prefix, String(count), body]];
}
