import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway } from './gateway.mjs';
import { PROBE_ARGS, cpuMsOf, loopDelay, watchLoop } from './probe.mjs';
import { startReaders, wire } from './readers.mjs';
import { spread } from './rounds.mjs';
import { TASK_ID, taskPath } from './stage.mjs';
import { figure, range, table } from './table.mjs';
import { BARE, STREAMS } from './targets.mjs';

const GROUPS = 100;
/** Between the events of a stream, each five seconds, it has one heartbeat. */
const HEARTBEAT_SECONDS = 3;
/** Those that the upstream's answer asks for, and half of what is added at random. */
const EVENT_SECONDS = 5.25;
const HITS_PER_SECOND = 100;
const NOTICE_SECONDS = 15;

/** As many streams as a process takes, and others who ask for what is stored meanwhile. */
export async function tenThousand(stage, options) {
  const count = options.quick ? 1_000 : 10_000;
  const [beside, outs] = [[], []];
  const names = [BARE, 'gateway'].filter(options.only);
  for (const name of names) beside.push({ name, ...(await besideHits(stage, options, name, count)) });
  for (const name of names) outs.push(await out(stage, options, name, count));
  return { beside, outs, text: text(beside, outs, count) };
}

/** One event for each in five seconds, heartbeats, and hits. */
async function besideHits(stage, { quick, rounds }, name, count) {
  const isBare = name === BARE;
  const server = isBare
    ? await STREAMS[BARE].start(stage)
    : await startGateway(stage, { heartbeatSeconds: HEARTBEAT_SECONDS, nodeArgs: PROBE_ARGS });
  const [readers, caller] = [await startReaders(), await startReaders()];
  const seconds = quick ? 3 : 6;
  const request = wire(isBare ? '/stored' : taskPath(TASK_ID), server.headers);
  const hits = () => caller.hits({ url: server.url, request, seconds, perSecond: HITS_PER_SECOND });
  const times = Math.min(rounds, 3);
  await hits();
  const alone = [];
  for (let round = 0; round < times; round += 1) alone.push(await hits());
  const requests = Array.from({ length: GROUPS }, (_, task) =>
    wire(`${taskPath(`flux${task}`)}/events`, server.headers),
  );
  await readers.open({ url: server.url, requests, count, until: 'answer' });
  // The gateway asks about each task in its own time.
  if (isBare) server.child.send({ paced: { groups: GROUPS, seconds: EVENT_SECONDS, beatSeconds: HEARTBEAT_SECONDS } });
  await sleep(seconds * 1000);
  const samples = [];
  for (let round = 0; round < times; round += 1) {
    await readers.reset();
    await watchLoop(server, 10);
    const [began, cpuBefore] = [performance.now(), await cpuMsOf(server)];
    const { p50, p99 } = await hits();
    const share = ((await cpuMsOf(server)) - cpuBefore) / (performance.now() - began);
    const { p99: loopMs } = await loopDelay(server);
    const { events, beats, open } = await readers.counts();
    const of = (seen) => seen / ((performance.now() - began) / 1000);
    samples.push({ share, p50, p99, loopMs, events: of(events), beats: of(beats), missing: count - open });
  }
  for (const one of [readers, caller]) await one.stop();
  await server.stop();
  return { alone, samples };
}

/** One event for all: when the last has it, and what the loop does at a stretch. */
async function out(stage, { rounds }, name, count) {
  const { start, tell } = STREAMS[name];
  const server = await start(stage);
  const readers = await startReaders();
  const requests = [wire(`${taskPath('watchten1')}/events`, server.headers)];
  await readers.reset();
  await readers.open({ url: server.url, requests, count, until: 'answer' });
  await readers.until('events', count, NOTICE_SECONDS);
  const samples = [];
  for (let round = 0; round < Math.min(rounds, 5); round += 1) {
    await readers.reset();
    await watchLoop(server, 1);
    const toldAt = await tell(stage, server);
    const { events, last } = await readers.until('events', count, NOTICE_SECONDS);
    const { pieceMs } = await loopDelay(server);
    samples.push({ ms: last - (await toldAt()), longestMs: pieceMs, missing: count - events });
  }
  await readers.stop();
  await server.stop();
  return { name, samples };
}

function text(beside, outs, count) {
  const of = (list, member) => range(spread(list.map((one) => one[member])));
  const named = (name, missing, what) => (missing === 0 ? name : `${name} (**${figure(missing)} ${what}**)`);
  const many = `${count.toLocaleString('en')} streams`;
  return [
    `${many} of ${GROUPS} tasks, each with an event in about 5 s and a heartbeat after ${HEARTBEAT_SECONDS} s of silence, and ` +
      `${HITS_PER_SECOND} hits a second beside them:`,
    table([
      [
        'server',
        'share of the core %',
        'events/s',
        'heartbeats/s',
        'loop late by ms, p99',
        'p99 of a hit ms',
        'without streams',
      ],
      ...beside.map(({ name, alone, samples }) => [
        named(name, Math.max(...samples.map(({ missing }) => missing)), 'streams lost'),
        range(spread(samples.map(({ share }) => share * 100))),
        of(samples, 'events'),
        of(samples, 'beats'),
        of(samples, 'loopMs'),
        of(samples, 'p99'),
        of(alone, 'p99'),
      ]),
    ]),
    `One event for ${many}:`,
    table([
      ['server', 'last after ms', 'longest piece of the loop ms'],
      ...outs.map(({ name, samples }) => [
        named(
          name,
          samples.reduce((sum, { missing }) => sum + missing, 0),
          'events missing',
        ),
        of(samples, 'ms'),
        of(samples, 'longestMs'),
      ]),
    ]),
  ].join('\n\n');
}
