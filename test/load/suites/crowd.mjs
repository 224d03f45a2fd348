import { connect } from 'node:net';
import { once } from 'node:events';
import { load } from '../load.mjs';
import { interleaved, spread } from '../rounds.mjs';
import { figure, table } from '../table.mjs';
import { CROWDS, startTargets, stopTargets } from '../targets.mjs';

const CROWD = 1_000;
const UPSTREAM_MS = 200;
const POLL_SECONDS = 5;
let made = 0;

/** Many ask about the same task: all at once about a finished one, again and again about a running one. */
export async function crowd(stage, options) {
  const targets = await startTargets(stage, CROWDS, options);
  await stage.upstream.control(UPSTREAM_MS);
  // The first calls of a server are slow, and its login is not what is counted.
  for (const target of targets) await rush(stage, target);
  const rushes = await interleaved(targets, options.quick ? 2 : 3, (target) => rush(stage, target));
  const polls = new Map();
  await stage.upstream.control(0);
  // Other servers keep an unfinished answer as long as any other, or not at all: that is another thing.
  for (const target of targets.filter(({ name }) => name.startsWith('gateway')))
    polls.set(target, await poll(stage, target));
  await stopTargets(targets);
  const rows = targets.map((target) => ({
    name: target.name,
    calls: spread(rushes.get(target).map(({ calls }) => calls)),
    failed: spread(rushes.get(target).map(({ failed }) => failed)).max,
    ms: spread(rushes.get(target).map(({ ms }) => ms)),
    poll: polls.get(target),
  }));
  return {
    title: `Stampede: ${CROWD} callers, one task`,
    text: `Upstream: ${UPSTREAM_MS} ms for those who ask at once, no delay for those who poll for ${POLL_SECONDS} s.\n\n${text(rows)}`,
    rows,
  };
}

function text(rows) {
  const head = [
    'server',
    'upstream calls',
    'all answered after ms',
    'not 200',
    'polled: upstream calls/s',
    'answers/s',
    'not 200',
  ];
  const cells = ({ name, calls, failed, ms, poll: polled }) => [
    name,
    `${calls.median} (${calls.min}–${calls.max})`,
    figure(ms.median),
    failed,
    ...(polled === undefined ? ['', '', ''] : [figure(polled.callsPerSecond), figure(polled.rps), polled.failed]),
  ];
  return table([head, ...rows.map(cells)]);
}

/** All connections stand before the first request is sent. */
async function rush(stage, { server, headers, pathOf }) {
  made += 1;
  const path = pathOf(`rush${process.pid}x${made}`);
  const servers = [server].flat();
  const sockets = await Promise.all(
    Array.from({ length: CROWD }, (_, index) => open(servers[index % servers.length].url)),
  );
  await stage.upstream.calls();
  const began = performance.now();
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET ${path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n${fields.join('')}\r\n`;
  const answers = await Promise.all(sockets.map((socket) => ask(socket, request)));
  const ms = performance.now() - began;
  return {
    calls: await stage.upstream.calls(),
    ms,
    failed: answers.filter((answer) => !answer.startsWith('HTTP/1.1 200')).length,
  };
}

async function open(url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

function ask(socket, request) {
  return new Promise((resolve) => {
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk) => (answer += chunk));
    socket.on('error', () => resolve(''));
    socket.on('close', () => resolve(answer));
    socket.write(request);
  });
}

/** Everybody asks again as soon as the answer is there. */
async function poll(stage, { server, headers, pathOf }) {
  made += 1;
  const servers = [server].flat();
  const job = { path: pathOf(`run${process.pid}x${made}`), headers, connections: CROWD / servers.length };
  await stage.upstream.calls();
  const runs = await Promise.all(servers.map(({ url }) => load({ ...job, url, seconds: POLL_SECONDS })));
  const sum = (member) => runs.reduce((total, run) => total + run[member], 0);
  return {
    callsPerSecond: (await stage.upstream.calls()) / POLL_SECONDS,
    rps: sum('requests') / POLL_SECONDS,
    failed: sum('failed'),
  };
}
