import { setTimeout as sleep } from 'node:timers/promises';
import { batchOf } from '../fill.mjs';
import { churn } from '../churn.mjs';
import { startGateway } from '../gateway.mjs';
import { PROBE_ARGS, cpuMsOf, liveHeapBytes, untilQuiet } from '../probe.mjs';
import { startReaders, wire } from '../readers.mjs';
import { interleaved, ratios, spread } from '../rounds.mjs';
import { figure, range, table } from '../table.mjs';
import { BARE, STREAMS, startTargets, stopTargets } from '../targets.mjs';
import { fleet } from '../fleet.mjs';
import { tenThousand } from '../ten-thousand.mjs';

/** The gateway notices a change within its interval. */
const NOTICE_SECONDS = 15;
const WARM_UP = 300;
const MANY_TASKS = 100;
/** Of one round. */
const EVENTS = 3;

/** Streams of events: what one costs while it is open, and what an event costs. */
export async function stream(stage, options) {
  const count = options.quick ? 500 : 3_000;
  await stage.upstream.control(0);
  const targets = await startTargets(stage, STREAMS, options);
  const readers = new Map();
  for (const target of targets) readers.set(target, await startReaders());
  const heaps = new Map();
  for (const target of targets) heaps.set(target, await opened(stage, readers.get(target), target, count));
  const windows = await interleaved(targets, options.rounds, (target) =>
    event(stage, readers.get(target), target, count),
  );
  const events = new Map(targets.map((target) => [target, beyondIdle(windows.get(target), count)]));
  const cuts = [];
  for (const target of targets) {
    await readers.get(target).cut();
    if (target.name !== BARE && target.name !== 'gateway') continue;
    cuts.push(await churn(readers.get(target), target, { requests: [request(target)], until: 'answer' }, options));
  }
  for (const own of readers.values()) await own.stop();
  await stopTargets(targets);
  const base = events.get(targets.find(({ name }) => name === BARE));
  const rows = targets.map((target) => ({
    name: target.name,
    ...heaps.get(target),
    samples: events.get(target),
    ...(base === undefined ? {} : { cpuRatio: ratios(events.get(target), base, 'cpuUs') }),
  }));
  const isGatewayMeasured = options.only('gateway');
  const wide = isGatewayMeasured ? await ofManyTasks(stage, options) : undefined;
  const ten = isGatewayMeasured ? await tenThousand(stage, options) : undefined;
  const shared = isGatewayMeasured ? await fleet(stage, options) : undefined;
  return {
    title: `Stream: ${count.toLocaleString('en')} open streams of events`,
    text: [text(rows, wide), churn.text(cuts), ten?.text, shared?.text].filter(Boolean).join('\n\n'),
    rows,
    fleet: shared,
    // What is promised of thousands cannot be judged by hundreds.
    ...(options.quick ? {} : { cuts, wide, ten }),
  };
}

const request = ({ pathOf, headers }) => wire(`${pathOf('watchstream1')}/events`, headers);

/** What is left of each in the heap while it is open and has had its first event. */
async function opened(stage, readers, target, count) {
  const { server, tell } = target;
  const job = { url: server.url, requests: [request(target)], until: 'answer' };
  await readers.reset();
  await readers.open({ ...job, count: WARM_UP });
  await readers.until('events', WARM_UP, NOTICE_SECONDS);
  await tell(stage, server);
  await readers.until('events', 2 * WARM_UP, NOTICE_SECONDS);
  await readers.cut();
  await untilQuiet(server);
  const [heapBefore, rssBefore] = [await liveHeapBytes(server), server.rssBytes()];
  await readers.reset();
  await readers.open({ ...job, count });
  const { events } = await readers.until('events', count, NOTICE_SECONDS);
  await untilQuiet(server);
  const heapKb = ((await liveHeapBytes(server)) - heapBefore) / count / 1e3;
  const rssKb = (server.rssBytes() - rssBefore) / count / 1e3;
  return { heapKb, rssKb, missing: count - events };
}

/** Changes, which all streams of a server tell; right after each a window as long without one. */
async function event(stage, readers, { server, tell }, count) {
  const samples = [];
  for (let left = EVENTS; left > 0; left -= 1) {
    await readers.reset();
    const [began, cpuBefore] = [performance.now(), await cpuMsOf(server)];
    const toldAt = await tell(stage, server);
    const { events, last } = await readers.until('events', count, NOTICE_SECONDS);
    const cpuMs = (await cpuMsOf(server)) - cpuBefore;
    const windowMs = performance.now() - began;
    const ms = last - (await toldAt());
    await untilQuiet(server);
    const idleBefore = await cpuMsOf(server);
    await sleep(windowMs);
    samples.push({ cpuMs, idleMs: (await cpuMsOf(server)) - idleBefore, ms, missing: count - events });
  }
  const median = (member) => spread(samples.map((one) => one[member])).median;
  const missing = samples.reduce((sum, one) => sum + one.missing, 0);
  return { cpuMs: median('cpuMs'), idleMs: samples.map(({ idleMs }) => idleMs), ms: median('ms'), missing };
}

/** The gateway looks now and then for streams that nobody reads, longer than an event takes: a median leaves that out. */
function beyondIdle(rounds, count) {
  const idle = spread(rounds.flatMap(({ idleMs }) => idleMs)).median;
  return rounds.map((round) => ({ ...round, cpuUs: ((round.cpuMs - idle) * 1_000) / count }));
}

/** One stream for many tasks. */
async function ofManyTasks(stage, { quick }) {
  const count = quick ? 100 : 500;
  const server = await startGateway(stage, { nodeArgs: PROBE_ARGS });
  const readers = await startReaders();
  const post = wire('/tasks/events', server.headers, batchOf('runmany', 1, MANY_TASKS));
  const job = { url: server.url, requests: [post], until: 'answer' };
  await readers.reset();
  await readers.open({ ...job, count: 20 });
  await untilQuiet(server);
  await readers.cut();
  await untilQuiet(server);
  const heapBefore = await liveHeapBytes(server);
  await readers.reset();
  await readers.open({ ...job, count });
  await untilQuiet(server);
  const heapKb = ((await liveHeapBytes(server)) - heapBefore) / count / 1e3;
  const { open } = await readers.counts();
  await readers.stop();
  await server.stop();
  return { heapKb, count, missing: count - open };
}

function text(rows, wide) {
  const bare = rows.find(({ name }) => name === BARE);
  const over = (row) => (bare === undefined ? '' : figure(row.heapKb / bare.heapKb));
  const missing = (row) => row.missing + row.samples.reduce((sum, one) => sum + one.missing, 0);
  const of = (row, member) => spread(row.samples.map((one) => one[member]));
  const cells = (row) => [
    missing(row) === 0 ? row.name : `${row.name} (**${missing(row)} missing**)`,
    figure(row.heapKb),
    over(row),
    figure(row.rssKb),
    range(of(row, 'cpuUs')),
    row.cpuRatio === undefined ? '' : range(row.cpuRatio),
    figure(of(row, 'ms').median),
  ];
  const head = ['server', 'heap KB', `÷ ${BARE}`, 'RSS KB', 'CPU µs/event', `÷ ${BARE}`, 'last after ms'];
  const lines = [
    `Heap and RSS of each stream while it is open and silent, after a collection. Then events of about 1 kB for all of them, ${EVENTS} a round: ` +
      'CPU for each stream, beyond what windows as long right after them take without an event, and the time from the first byte of ' +
      'the change to the last stream.',
    table([head, ...rows.map(cells)]),
  ];
  if (wide !== undefined)
    lines.push(
      `A stream of ${MANY_TASKS} tasks in the gateway: ${figure(wide.heapKb)} KB of heap each, of ${wide.count}` +
        `${wide.missing === 0 ? '' : ` (**${wide.missing} missing**)`}.`,
    );
  return lines.join('\n\n');
}
