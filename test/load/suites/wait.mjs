import { churn } from '../churn.mjs';
import { cpuMsOf, liveHeapBytes, loopDelay, untilQuiet, watchLoop } from '../probe.mjs';
import { startReaders, wire } from '../readers.mjs';
import { figure, table } from '../table.mjs';
import { BARE, WAITS, startTargets, stopTargets } from '../targets.mjs';

const PREFERENCE = { prefer: 'wait=50' };
/** The gateway notices a change within its interval. */
const NOTICE_SECONDS = 15;
const WARM_UP = 300;
let made = 0;
/** Tasks that nobody has asked about: those of the last one are over. */
const fresh = () => `watch${++made}`;

/** Requests that wait for the end of one task. */
export async function wait(stage, options) {
  const count = options.quick ? 1_000 : 4_000;
  await stage.upstream.control(0);
  const targets = await startTargets(stage, WAITS, options);
  const readers = await startReaders();
  const rows = [];
  for (const target of targets) rows.push(await held(stage, readers, target, count));
  const cuts = [];
  for (const target of targets.filter(({ name }) => name === BARE || name === 'gateway'))
    cuts.push(await churn(readers, target, { requests: [request(target, 'watchcut')], until: 'connect' }, options));
  await readers.stop();
  await stopTargets(targets);
  return {
    title: `Wait: ${count.toLocaleString('en')} requests that wait for a task`,
    text:
      'Heap and RSS of each request while it waits, after a collection. Then it ends, and all are answered: ' +
      'CPU for each answer (in the gateway that of asking too), the time from the first byte of the change to the last answer, ' +
      `and the longest piece of the event loop meanwhile.\n\n${text(rows)}\n\n${churn.text(cuts)}`,
    rows,
    // What is promised of thousands cannot be judged by hundreds.
    ...(options.quick ? {} : { cuts }),
  };
}

function request({ pathOf, headers }, id) {
  return wire(pathOf(id), { ...headers, ...PREFERENCE });
}

async function held(stage, readers, target, count) {
  const { name, server } = target;
  const [first, second] = [fresh(), fresh()];
  await waiting(readers, target, WARM_UP, first);
  await answered(stage, readers, target, WARM_UP, first);
  await readers.cut();
  const [heapBefore, rssBefore] = [await liveHeapBytes(server), server.rssBytes()];
  await waiting(readers, target, count, second);
  const [heapBytes, rssBytes] = [(await liveHeapBytes(server)) - heapBefore, server.rssBytes() - rssBefore];
  const { answers, failed } = await readers.counts();
  const cpuBefore = await cpuMsOf(server);
  await watchLoop(server, 1);
  const { answers: all, ms } = await answered(stage, readers, target, count, second);
  const { pieceMs } = await loopDelay(server);
  const cpuUs = (((await cpuMsOf(server)) - cpuBefore) * 1_000) / count;
  await readers.cut();
  const wrong = answers + failed + count - all;
  return { name, heapKb: heapBytes / count / 1e3, rssKb: rssBytes / count / 1e3, cpuUs, ms, longestMs: pieceMs, wrong };
}

async function waiting(readers, target, count, prefix) {
  await readers.reset();
  await readers.open({ url: target.server.url, requests: [request(target, prefix)], count, until: 'connect' });
  await untilQuiet(target.server);
}

async function answered(stage, readers, { server, tell }, count, prefix) {
  await stage.upstream.end(prefix);
  const toldAt = await tell(stage, server);
  const got = await readers.until('answers', count, NOTICE_SECONDS);
  return { ...got, ms: got.now - (await toldAt()) };
}

function text(rows) {
  const bare = rows.find(({ name }) => name === BARE);
  const over = (row, member) => (bare === undefined ? '' : figure(row[member] / bare[member]));
  return table([
    ['server', 'heap KB', `÷ ${BARE}`, 'RSS KB', `÷ ${BARE}`, 'CPU µs/answer', 'last after ms', 'longest piece ms'],
    ...rows.map((row) => [
      row.wrong === 0 ? row.name : `${row.name} (**${row.wrong} did not wait**)`,
      figure(row.heapKb),
      over(row, 'heapKb'),
      figure(row.rssKb),
      over(row, 'rssKb'),
      figure(row.cpuUs),
      figure(row.ms),
      figure(row.longestMs),
    ]),
  ]);
}
