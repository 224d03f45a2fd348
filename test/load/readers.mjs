import { once } from 'node:events';
import { startNode } from './program.mjs';

/** A request as it goes over the wire. @param headers of the target, and of the request */
export function wire(path, headers, body) {
  const fields = Object.entries({ host: 'bench', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  if (body === undefined) return `GET ${path} HTTP/1.1\r\n${fields.join('')}\r\n`;
  const length = Buffer.byteLength(body);
  fields.push('content-type: application/json\r\n', `content-length: ${length}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${fields.join('')}\r\n${body}`;
}

/**
 * A program on the CPU of the load that holds thousands of connections. Its calls are made one after the other.
 * All of `counts` and `until` begin with `reset`.
 */
export async function startReaders() {
  const program = await startNode('test/load/readers-program.mjs', { server: false });
  const call = async (name, job = {}) => {
    program.child.send({ call: name, ...job });
    const [answer] = await once(program.child, 'message');
    return answer;
  };
  return {
    /** Opens so many that each send one of the requests. @param job `{url, requests, count, until}`: `connect`, or `answer` for its first bytes */
    open: (job) => call('open', job),
    /** The same, and each is cut at once. */
    churn: (job) => call('churn', job),
    reset: () => call('reset'),
    /** @returns {Promise<{answers, failed, events, beats, bytes, closed, open}>} */
    counts: () => call('counts'),
    /** Until so many `events` or `answers` came, or the seconds are over; moments are milliseconds of the clock that all processes share. */
    until: (what, count, seconds) => call('until', { what, count, seconds }),
    /** Cuts all that are open. */
    cut: () => call('cut'),
    /** One connection that asks so often. @returns {Promise<{p50, p99, count}>} milliseconds */
    hits: (job) => call('hits', job),
    stop: program.stop,
  };
}
