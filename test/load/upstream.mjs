// A cloud that costs as little as possible: its identity service, DMS tasks and IMS jobs of any id.
// An id that begins with `run` is a task that still runs; with `watch` one that runs until it is told to change or to end;
// with `flux` one that is another at each look. `/_control?delay=20` sets the delay in milliseconds, `?change` changes
// and `?end=watch1` ends those of that prefix; each empties the counters, and answers with what they held.
import { createServer } from 'node:http';

let delay = 0;
let calls = 0;
/** Calls by the letters before the first digit of an id. */
let callsOf = {};
let revision = 0;
/** Milliseconds of the clock that all processes share: when an answer first told of the last change. */
let toldAt = null;
const ended = [];
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
/** Age of a task that is asked about each five seconds. */
const FLUX_AGE_MS = 52_000;

const LARGE = '0123456789abcdef'.repeat(64);

const JSON_TYPE = { 'content-type': 'application/json' };

/** What changes of a task, and the status that it has. */
function stateOf(id) {
  if (id.startsWith('flux')) {
    const now = Date.now();
    return { status: 'EXECUTING', created_at: new Date(now - FLUX_AGE_MS), updated_at: new Date(now) };
  }
  if (id.startsWith('watch')) {
    toldAt ??= nowMs();
    const isOver = ended.some((prefix) => id.startsWith(prefix));
    const updated = new Date(Date.UTC(2026, 0, 1) + revision);
    // Without a time of its own it is asked about as often as its kind ever is: each two seconds.
    return { status: isOver ? 'SUCCESS' : 'EXECUTING', created_at: null, updated_at: updated };
  }
  return {
    status: id.startsWith('run') ? 'EXECUTING' : 'SUCCESS',
    created_at: '2020-06-15T08:55:53.606Z',
    updated_at: '2020-06-15T08:55:56.600Z',
  };
}

function dmsBody(id) {
  const task = {
    id,
    name: 'bindInstancePublicIp',
    user_name: 'paas_dms',
    user_id: '3df5acbc24a54fadb62a043c9000a307',
    params: JSON.stringify({
      public_ip_id: '1aea7aed-e7d8-40ea-b3de-6f3ee9d5db9f',
      public_ip_address: '100.93.2.18',
      enable_public_ip: true,
      description: 'address of the brokers for readers in the other network',
    }),
    ...stateOf(id),
  };
  return JSON.stringify({ task_count: '1', tasks: [task] });
}

/** A type that nobody knows keeps its entities as the result: about 1 MB of them. */
function imsBody(id) {
  const entities = { lines: Array.from({ length: 950 }, (_, line) => ({ line, text: LARGE })) };
  return JSON.stringify({
    status: 'SUCCESS',
    job_id: id,
    job_type: 'largeJob',
    begin_time: null,
    end_time: null,
    entities,
  });
}

function answer(reply, status, body, headers = {}) {
  reply.writeHead(status, { ...JSON_TYPE, 'content-length': Buffer.byteLength(body), ...headers });
  reply.end(body);
}

function control(asked) {
  delay = Number(asked.get('delay') ?? delay);
  calls = 0;
  callsOf = {};
  if (asked.has('end')) ended.push(asked.get('end'));
  if (!asked.has('end') && !asked.has('change')) return;
  revision += 1;
  toldAt = null;
}

const server = createServer((request, reply) => {
  const { url = '' } = request;
  if (url.startsWith('/_control')) {
    answer(reply, 200, JSON.stringify({ calls, callsOf, toldAt }));
    control(new URL(url, 'http://upstream').searchParams);
    return;
  }
  if (url.startsWith('/iam')) {
    request.resume();
    const token = { issued_at: '2026-01-01T00:00:00.000Z', expires_at: '2026-01-02T00:00:00.000Z' };
    answer(reply, 201, JSON.stringify({ token }), { 'x-subject-token': 'a-token-of-the-bench' });
    return;
  }
  calls += 1;
  const id = url.slice(url.lastIndexOf('/') + 1);
  const kind = /^\D*/.exec(id)[0];
  callsOf[kind] = (callsOf[kind] ?? 0) + 1;
  const body = url.includes('/jobs/') ? imsBody(id) : dmsBody(id);
  if (delay === 0) answer(reply, 200, body);
  else setTimeout(() => answer(reply, 200, body), delay);
});
server.keepAliveTimeout = 60_000;
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  process.send({ url: `http://127.0.0.1:${server.address().port}` }),
);
process.once('disconnect', () => process.exit(0));
