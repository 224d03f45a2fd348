// Those who wait for a change: with requests that are held, and with streams. What they get is made once for all.
import { payload } from './serve.mjs';

const { version, provider, id, scope, ...rest } = JSON.parse(payload);
const task = { id, provider, scope, ...rest, parameters: null, version, view: 'basic' };
const item = { kind: 'task', ref: { provider, id, ...scope }, status: 200, etag: `W/"${version}"`, task };

/** What an event tells, of about 1 kB. */
export const ITEM = item;
export const FRAME = Buffer.from(`id: ${version}\nevent: task\ndata: ${JSON.stringify(item)}\n\n`);
const BEAT = ':\n\n';
export const JSON_HEAD = { 'content-type': 'application/json; charset=utf-8', 'content-length': payload.length };
export const STREAM_HEAD = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

const held = new Set();
const streams = new Set();

function forget() {
  held.delete(this);
  streams.delete(this);
}

/** Keeps a raw response that gets its only answer at the next change. */
export function hold(response) {
  held.add(response);
  response.on('close', forget);
}

/** Keeps a raw response as a stream. */
export function stream(response) {
  response.writeHead(200, STREAM_HEAD);
  response.write(FRAME);
  streams.add(response);
  response.on('close', forget);
}

/** Called at each change, beside what {@link hold} and {@link stream} keep. */
export const others = new Set();

/** Tells each stream once in so many seconds, and sends it a comment between: one group of them after another. */
function pace({ groups, seconds, beatSeconds }) {
  const all = [...streams];
  const members = Array.from({ length: groups }, (_, group) =>
    all.filter((_stream, index) => index % groups === group),
  );
  const behind = Math.round((groups * beatSeconds) / seconds);
  let turn = 0;
  setInterval(
    () => {
      for (const response of members[turn % groups]) response.write(FRAME);
      for (const response of members[(turn + groups - behind) % groups]) response.write(BEAT);
      turn += 1;
    },
    (seconds * 1_000) / groups,
  );
}

process.on('message', ({ change, paced }) => {
  if (paced !== undefined) pace(paced);
  if (change === undefined) return;
  const toldAt = Number(process.hrtime.bigint()) / 1e6;
  for (const tell of others) tell();
  for (const response of streams) response.write(FRAME);
  for (const response of held) response.writeHead(200, JSON_HEAD).end(payload);
  held.clear();
  process.send({ toldAt });
});
