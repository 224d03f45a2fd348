// Thousands of connections that cost as little as possible: of what they receive only counts and moments are kept.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Connections that are on their way at once. */
const PARALLEL = 128;
const CUT_MS = 20;
const OK = Buffer.from('HTTP/1.1 200');
const EVENT = Buffer.from('event:');
/** A comment, in its chunk. */
const BEAT_BYTES = 16;
const BUFFER = Buffer.alloc(65_536);
/** Loopback has one address for each: a range of ports is used up by ten thousand connections that are cut. */
const SOURCES = 8;

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

const open = new Set();
const none = () => ({ answers: 0, failed: 0, events: 0, beats: 0, bytes: 0, closed: 0 });
let counts = none();
let moments = new Float64Array(65_536);
let whenHere = () => undefined;
let opened = 0;

function onBytes(length) {
  counts.bytes += length;
  const chunk = BUFFER.subarray(0, length);
  if (this.bytesRead === length) {
    if (OK.equals(chunk.subarray(0, OK.length))) counts.answers += 1;
    else counts.failed += 1;
    this.emit('answer');
  }
  if (length < BEAT_BYTES) counts.beats += 1;
  for (let at = chunk.indexOf(EVENT); at !== -1; at = chunk.indexOf(EVENT, at + EVENT.length)) {
    moments[counts.events % moments.length] = nowMs();
    counts.events += 1;
  }
  whenHere();
  return true;
}

function onClose() {
  open.delete(this);
  counts.closed += 1;
  whenHere();
}

/** @param until `connect`, or `answer` for the first bytes of one */
function reader({ host, port, request, until }) {
  return new Promise((resolve) => {
    opened += 1;
    const localAddress = `127.0.0.${1 + (opened % SOURCES)}`;
    const socket = connect({ host, port, localAddress, onread: { buffer: BUFFER, callback: onBytes } });
    open.add(socket);
    socket
      .on('error', resolve)
      .on('close', onClose)
      .once('close', resolve)
      .once(until, () => resolve(socket));
    socket.write(request);
  });
}

/** Makes so many, and hands each to `then`. */
async function make({ url, requests, count, until }, then = async () => undefined) {
  const { hostname: host, port } = new URL(url);
  let made = 0;
  const work = async () => {
    while (made < count) {
      const request = requests[made % requests.length];
      made += 1;
      await then(await reader({ host, port: Number(port), request, until }));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

const CALLS = {
  open: (job) => make(job),
  /** Each is cut as soon as it has its answer, or has waited for a moment. */
  churn: (job) =>
    make(job, async (socket) => {
      if (job.until === 'connect') await sleep(CUT_MS);
      socket.destroy?.();
    }),
  reset: () => {
    counts = none();
  },
  counts: () => ({ ...counts, open: open.size }),
  /** Until that many of something came, or for so long. @returns moments of the first and the last, and of the 99th of a hundred */
  until: async ({ what, count, seconds }) => {
    const timer = new AbortController();
    const here = new Promise((resolve) => {
      whenHere = () => counts[what] >= count && resolve();
      whenHere();
    });
    await Promise.race([here, sleep(seconds * 1000, undefined, { signal: timer.signal })]);
    timer.abort();
    whenHere = () => undefined;
    const at = moments.subarray(0, Math.min(moments.length, counts.events)).toSorted();
    return { ...counts, now: nowMs(), first: at[0], p99: at[Math.ceil(at.length * 0.99) - 1], last: at.at(-1) };
  },
  cut: async () => {
    const closed = [...open].map((socket) => new Promise((resolve) => void socket.once('close', resolve).destroy()));
    await Promise.all(closed);
  },
  hits: async ({ url, request, seconds, perSecond }) => {
    const { hostname: host, port } = new URL(url);
    const socket = connect(Number(port), host).setNoDelay();
    const took = [];
    const until = performance.now() + seconds * 1000;
    for (let due = performance.now(); due < until; due += 1000 / perSecond) {
      await sleep(Math.max(0, due - performance.now()));
      const began = performance.now();
      socket.write(request);
      await new Promise((resolve) => void socket.once('data', resolve));
      took.push(performance.now() - began);
    }
    socket.destroy();
    took.sort((one, other) => one - other);
    const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))];
    return { p50: at(0.5), p99: at(0.99), count: took.length };
  },
};

async function answer({ call, ...job }) {
  process.send({ ...(await CALLS[call](job)) });
}

process.on('message', (message) => void answer(message));
process.once('disconnect', () => process.exit(0));
process.send({});
