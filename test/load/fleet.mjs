import { setTimeout as sleep } from 'node:timers/promises';
import { startReaders, wire } from './readers.mjs';
import { taskPath } from './stage.mjs';
import { figure } from './table.mjs';
import { startGateways } from './targets.mjs';
import { spread } from './rounds.mjs';

const REPLICAS = 3;
const TASKS = 10;
/** Streams of each task, in all replicas. */
const WATCHERS = 300;
const NEWS_STREAMS = 1_000;
const NOTICE_SECONDS = 15;
const ids = (prefix) => Array.from({ length: TASKS }, (_, task) => `${prefix}${task}`);

/** What watchers make the upstream answer beside those who poll, and how soon the readers of all replicas know; null without Redis. */
export async function fleet(stage, { quick, rounds, skip }) {
  if (stage.redisUrl === null) {
    skip('streams of three replicas', 'redis-server is not installed');
    return undefined;
  }
  const gateways = await startGateways(stage, REPLICAS);
  const readers = await startReaders();
  const calls = await questions(stage, gateways, readers, quick ? 8 : 20);
  const newsMs = await news(stage, gateways, readers, Math.min(rounds, 5));
  await readers.stop();
  await Promise.all(gateways.map(({ stop }) => stop()));
  return { calls, newsMs, text: text(calls, newsMs) };
}

async function questions(stage, gateways, readers, seconds) {
  const [{ url, headers }] = gateways;
  await readers.reset();
  for (const gateway of gateways) {
    const requests = ids('watchstream').map((id) => wire(`${taskPath(id)}/events`, headers));
    const count = (TASKS * WATCHERS) / REPLICAS;
    await readers.open({ url: gateway.url, requests, count, until: 'answer' });
  }
  const stopped = new AbortController();
  const polled = ids('watchpoll').map((id) => poll(url + taskPath(id), headers, stopped.signal));
  // The first answers are behind all.
  await sleep(3_000);
  await stage.upstream.callsOf();
  await sleep(seconds * 1000);
  const { watchstream: watched = 0, watchpoll = 0 } = await stage.upstream.callsOf();
  stopped.abort();
  await Promise.all(polled);
  await readers.cut();
  await sleep(5_000);
  const { watchstream: later = 0 } = await stage.upstream.callsOf();
  // A question that was due as the last one left counts for the first two seconds.
  return { watched, polled: watchpoll, ratio: watched / watchpoll, later };
}

/** As a client that keeps to what an answer asks for. */
async function poll(url, headers, signal) {
  while (!signal.aborted) {
    const { pollAfterSeconds } = await (await fetch(url, { headers })).json();
    await sleep(pollAfterSeconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}

/** One change, found by one replica, and the readers of all. */
async function news(stage, gateways, readers, rounds) {
  const count = Math.floor(NEWS_STREAMS / REPLICAS);
  await readers.reset();
  for (const { url, headers } of gateways)
    await readers.open({ url, requests: [wire(`${taskPath('watchnews1')}/events`, headers)], count, until: 'answer' });
  await readers.until('events', count * REPLICAS, NOTICE_SECONDS);
  const samples = [];
  for (let round = 0; round < rounds; round += 1) {
    await readers.reset();
    await stage.upstream.change();
    const { p99 } = await readers.until('events', count * REPLICAS, NOTICE_SECONDS);
    samples.push(p99 - (await stage.upstream.toldAt()));
  }
  return spread(samples);
}

function text({ watched, polled, ratio, later }, newsMs) {
  return (
    `${REPLICAS} replicas that share Redis, ${TASKS} tasks with ${WATCHERS} streams each: ${watched} upstream calls, where ${TASKS} clients ` +
    `that poll as they are told to make ${polled} (ratio ${figure(ratio)}); in the five seconds after the last stream was cut ${later}. ` +
    `A change reaches ${NEWS_STREAMS.toLocaleString('en')} readers of all replicas ${figure(newsMs.median)} ms (p99 of the readers; ` +
    `${figure(newsMs.min)}–${figure(newsMs.max)}) after the upstream told one of them.`
  );
}
