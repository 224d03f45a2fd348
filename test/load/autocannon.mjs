// Stands in for wrk where that is not installed. One argument: the job, as JSON. Prints the same line as wrk.lua.
import { createRequire } from 'node:module';

// Installed beside the peers, because only the bench needs it.
const autocannon = createRequire(new URL('peers/package.json', import.meta.url))('autocannon');
const { url, path, method, headers, connections, seconds, prefix, count, body } = JSON.parse(process.argv[2]);

let last = 0;
const nextPath = () => {
  last += 1;
  return path.replace('{n}', prefix + (count > 0 ? 1 + Math.floor(Math.random() * count) : last));
};
const request = path.includes('{n}') ? { setupRequest: (given) => ({ ...given, path: nextPath() }) } : { path };
const result = await autocannon({
  url,
  connections,
  duration: seconds,
  requests: [{ method, headers, ...(body === '' ? {} : { body }), ...request }],
});
const { latency, errors, timeouts } = result;
// It counts 304 as a status of 3xx, which is what was asked for.
const failed = errors + timeouts + result['4xx'] + result['5xx'];
const figures = {
  requests: result.requests.total,
  seconds: result.duration,
  failed,
  p50: latency.p50,
  p99: latency.p99,
};
process.stdout.write(`RESULT ${JSON.stringify(figures)}\n`);
