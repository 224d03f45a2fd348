import { BARE } from './targets.mjs';
import { ratios, spread } from './rounds.mjs';
import { BOUNDS, storedRows } from './suites/growth.mjs';
import { addedMs } from './suites/miss.mjs';
import { figure } from './table.mjs';

const row = (rows, name) => rows?.find((one) => one.name === name);
/** The ratio of two servers' CPU time, each taken within one round. */
function cpu(rows, name, base) {
  const [own, other] = [row(rows, name)?.samples, row(rows, base)?.samples];
  return own === undefined || other === undefined ? undefined : ratios(own, other, 'cpuUs').median;
}
const hits = ({ hit }) => hit?.rows;
const misses = ({ miss }, name) => miss?.results[name]?.rows;
const MEBIBYTE = 2 ** 20;
/** Bytes that a row's process has more than the one that stores one task. */
function grown({ growth }, which, bytesOf) {
  const rows = storedRows(growth?.rows);
  return rows.one === undefined || rows[which] === undefined ? undefined : bytesOf(rows[which]) - bytesOf(rows.one);
}
const heapBytes = (one) => one.heapBytes;
const rssBytes = ({ samples }) => spread(samples.map(({ rssMb }) => rssMb * 1e6)).max;
/** What a row of one suite takes over that of bare node:http. */
function overBare(suite, name, member) {
  const [own, bare] = [row(suite?.rows, name), row(suite?.rows, BARE)];
  return own === undefined || bare === undefined ? undefined : own[member] / bare[member];
}
const median = (samples, member) =>
  samples === undefined ? undefined : spread(samples.map((one) => one[member])).median;
const beside = ({ stream }) => row(stream?.ten?.beside, 'gateway');
const outOf = ({ stream }, member) => median(row(stream?.ten?.outs, 'gateway')?.samples, member);
/** A difference that may be none; whatever else is not above zero was not measured. */
const DIFFERENCE = { least: -Infinity };
const INTERCEPTOR = 'Nest CacheInterceptor, Redis';

/** What is promised: a figure of the results, and the most or the least that it may be. */
const CLAIMS = [
  [
    'hit from memory: CPU ÷ bare node:http',
    (results) => cpu(hits(results), 'gateway, from memory', BARE),
    { most: 2.5 },
  ],
  [
    'hit from memory: req/s ÷ bare node:http',
    (results) => row(hits(results), 'gateway, from memory')?.rpsRatio?.median,
    { least: 0.45 },
  ],
  [
    "hit from memory: CPU ÷ Nest's CacheInterceptor with Redis",
    (results) => cpu(hits(results), 'gateway, from memory', INTERCEPTOR),
    { most: 0.6 },
  ],
  ['hit from Redis: CPU ÷ bare node:http', (results) => cpu(hits(results), 'gateway, from Redis', BARE), { most: 3.2 }],
  [
    'hit from Redis: CPU ÷ node:http with one ioredis GET',
    (results) => cpu(hits(results), 'gateway, from Redis', 'node:http + ioredis GET'),
    { most: 1.75 },
  ],
  // Two measurements of the same thing differ by as much.
  [
    '304: CPU ÷ hit from memory',
    (results) => cpu(hits(results), 'gateway, 304', 'gateway, from memory'),
    { most: 1.05 },
  ],
  [
    'miss: CPU ÷ node:http with undici',
    (results) => cpu(misses(results, 'no delay'), 'gateway', 'node:http + undici'),
    { most: 4.6 },
  ],
  [
    'miss: CPU ÷ Nest with @nestjs/axios',
    (results) => cpu(misses(results, 'no delay'), 'gateway', 'Nest + @nestjs/axios'),
    { most: 1 },
  ],
  [
    'miss at 20 ms: p50 above the direct one, ms, 4 connections',
    (results) => addedMs(misses(results, '20 ms, 4 connections') ?? [], 'gateway'),
    { most: 2, ...DIFFERENCE },
  ],
  [
    'miss at 20 ms: p50 above the direct one, ms, 64 connections',
    (results) => addedMs(misses(results, '20 ms') ?? [], 'gateway'),
    { most: 2, ...DIFFERENCE },
  ],
  ['stampede: upstream calls', ({ crowd }) => row(crowd?.rows, 'gateway')?.calls.max, { most: 1 }],
  [
    'stampede on two processes: upstream calls',
    ({ crowd }) => row(crowd?.rows, 'gateway, two processes')?.calls.max,
    { most: 1 },
  ],
  // The second that has begun is one more call.
  ['polling: upstream calls a second', ({ crowd }) => row(crowd?.rows, 'gateway')?.poll?.callsPerSecond, { most: 1.2 }],
  [
    'polling on two processes: upstream calls a second',
    ({ crowd }) => row(crowd?.rows, 'gateway, two processes')?.poll?.callsPerSecond,
    { most: 1.2 },
  ],
  // Beside answers the heap holds the URLs that were read, about 45,000 of up to 750 bytes.
  [
    'live heap for 100,000 tasks beyond the bound of 128 MiB, MiB',
    (results) => (grown(results, 'many', heapBytes) - BOUNDS.large) / MEBIBYTE,
    { most: 60, ...DIFFERENCE },
  ],
  [
    'live heap for 100,000 tasks beyond a bound of 16 MiB, MiB',
    (results) => (grown(results, 'manyInLittle', heapBytes) - BOUNDS.small) / MEBIBYTE,
    { most: 60, ...DIFFERENCE },
  ],
  // V8 takes more from the system than is alive: it collects late, and keeps room for what is young.
  [
    'RSS for 100,000 tasks above that for one ÷ the bound of 128 MiB',
    (results) => grown(results, 'many', rssBytes) / BOUNDS.large,
    { most: 4 },
  ],
  [
    'one of 100,000 tasks: CPU ÷ one of the first 1,000 of them',
    ({ growth }) => {
      const { many, fewOfMany } = storedRows(growth?.rows);
      return fewOfMany === undefined ? undefined : ratios(many.samples, fewOfMany.samples, 'cpuUs').median;
    },
    { most: 3 },
  ],
  [
    'GATEWAY_PROCESSES=2: CPU of a hit ÷ one process',
    ({ growth }) => growth?.ports && ratios(growth.ports[1].samples, growth.ports[0].samples, 'cpuUs').median,
    { most: 1.1 },
  ],
  ['a waiting request: heap ÷ bare node:http', ({ wait }) => overBare(wait, 'gateway', 'heapKb'), { most: 1.7 }],
  ['a waiting request: RSS ÷ bare node:http', ({ wait }) => overBare(wait, 'gateway', 'rssKb'), { most: 1.3 }],
  [
    'waiting requests that are made and cut: bytes of heap each',
    ({ wait }) => row(wait?.cuts, 'gateway')?.bytes,
    { most: 50, ...DIFFERENCE },
  ],
  ['a stream: heap ÷ bare node:http', ({ stream }) => overBare(stream, 'gateway', 'heapKb'), { most: 1.4 }],
  ['a stream of 100 tasks: heap, KB', ({ stream }) => stream?.wide?.heapKb, { most: 25 }],
  [
    'an event to a stream: CPU ÷ bare node:http',
    ({ stream }) => row(stream?.rows, 'gateway')?.cpuRatio?.median,
    { most: 1.3 },
  ],
  [
    '10,000 streams, an event each in 5 s, heartbeats: share of a core, %',
    (results) => median(beside(results)?.samples, 'share') * 100,
    { most: 8 },
  ],
  [
    '10,000 streams: the loop late by ms, p99',
    (results) => median(beside(results)?.samples, 'loopMs'),
    { most: 20, ...DIFFERENCE },
  ],
  [
    '10,000 streams: p99 of a hit ÷ that without streams',
    (results) => median(beside(results)?.samples, 'p99') / median(beside(results)?.alone, 'p99'),
    { most: 2 },
  ],
  ['one event to 10,000 streams: the last after ms', (results) => outOf(results, 'ms'), { most: 250 }],
  [
    'one event to 10,000 streams: longest piece of the loop, ms',
    (results) => outOf(results, 'longestMs'),
    { most: 10 },
  ],
  [
    'streams that are made and cut: bytes of heap each',
    ({ stream }) => row(stream?.cuts, 'gateway')?.bytes,
    { most: 50, ...DIFFERENCE },
  ],
  ["streams of three replicas: upstream calls ÷ pollers'", ({ stream }) => stream?.fleet?.calls.ratio, { most: 1.05 }],
  ['a change to 1,000 readers of three replicas: p99 ms', ({ stream }) => stream?.fleet?.newsMs.median, { most: 50 }],
  ['start ÷ Nest with the same dependencies', ({ start }) => row(start?.rows, 'gateway')?.ratio.median, { most: 1.2 }],
];

/** @returns {{text: string, value: number, limit: string, kept: boolean, measured: boolean}[]} the claims that these results can judge */
export function judge(results) {
  return CLAIMS.flatMap(([text, read, { most = Infinity, least = 0 }]) => {
    const value = read(results);
    if (value === undefined || Number.isNaN(value)) return [];
    const measured = value > 0 || least < 0;
    return [
      {
        text,
        value,
        limit: least > 0 ? `at least ${least}` : `at most ${most}`,
        kept: measured && value <= most && value >= least,
        measured,
      },
    ];
  });
}

/** @returns {string[][]} rows of a table, its head first */
export function verdicts(results) {
  const rows = judge(results).map(({ text, value, limit, kept, measured }) => [
    text,
    measured ? figure(value) : `not measured (${figure(value)})`,
    limit,
    kept ? 'kept' : '**missed**',
  ]);
  return [['promise', 'measured', 'limit', ''], ...rows];
}
