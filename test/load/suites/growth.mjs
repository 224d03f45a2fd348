import { batchOf, fill } from '../fill.mjs';
import { startGateway } from '../gateway.mjs';
import { PROBE_ARGS, liveHeapBytes } from '../probe.mjs';
import { sample } from '../measure.mjs';
import { interleaved, spread } from '../rounds.mjs';
import { taskPath } from '../stage.mjs';
import { figure, range, table } from '../table.mjs';
import { SHARED, startGateways } from '../targets.mjs';

const ROUNDS = 3;
const PREFIX = 'grow';
const MEBIBYTE = 2 ** 20;
/** The default, and a small one, for what a gateway keeps in memory. */
export const BOUNDS = { large: 128 * MEBIBYTE, small: 16 * MEBIBYTE };
const FEW = 1_000;
const MANY = 100_000;
/** At first URLs are read, answers come from Redis, and code is not compiled. */
const WARM_UP_SECONDS = { 1: 2, [FEW]: 2, [MANY]: 8 };
const BATCHES = [1, 10, 100];

/** What a request costs when more is stored, more is asked for at once, answers are larger, and processes are two. */
export async function growth(stage, options) {
  await stage.upstream.control(0);
  const rows = [...(await stored(stage, options)), ...(await asked(stage, options))];
  const ports = await onePort(stage, options);
  rows.push(...ports);
  const cells = ({ name, processes, heapBytes, samples }) => {
    const of = (member) => spread(samples.map((one) => one[member]));
    const failed = samples.reduce((sum, one) => sum + one.failed, 0);
    const figures = [of('cpuUs'), of('rps'), of('p99')].map(range);
    return [
      failed === 0 ? name : `${name} (**${failed} failed**)`,
      processes,
      ...figures,
      figure(of('rssMb').max),
      processes > 1 || heapBytes === undefined ? '' : figure(heapBytes / 1e6),
    ];
  };
  return {
    title: 'Cost as work grows: answers from the cache',
    text:
      `${ROUNDS} rounds. Two processes share CPU 0: they show what sharing costs, not what a second processor brings. ` +
      'RSS is that of all processes; the live heap is what is left of it after a collection. `cache.memoryBytes` is ' +
      '128 MiB in each process, which is the default and holds about 80,000 of these tasks, or 16 MiB where that is said; ' +
      'Redis answers for the others. URLs are remembered for about 45,000 tasks: half of the requests for one of 100,000 are ' +
      'read by the framework.\n\n' +
      table([
        ['what is asked', 'processes', 'CPU µs/req', 'req/s', 'p99 ms', 'RSS MB', 'live heap MB'],
        ...rows.map(cells),
      ]) +
      `\n\nOf the workers of \`GATEWAY_PROCESSES=2\` the less busy one did ${range(spread(ports.at(-1).samples.map(({ least }) => least * 100)))} % of the work, ` +
      `by the share of 64 connections that the system gave it. These two rows have ${options.rounds} rounds.`,
    rows,
    ports,
  };
}

/** Tasks drawn at random from so many that are stored. */
async function stored(stage, { quick, seconds }) {
  const settings = { memoryBytes: BOUNDS.large, nodeArgs: PROBE_ARGS };
  const gateways =
    stage.redisUrl === null ? [await startGateway(stage, settings)] : await startGateways(stage, 2, settings);
  const rows = [];
  for (const count of quick ? [1, FEW] : [1, FEW, MANY]) {
    for (const gateway of gateways) await fill(gateway, PREFIX, count);
    const one = { group: gateways.slice(0, 1), count };
    const two = gateways.length > 1 ? [{ group: gateways, count }] : [];
    const few = count === MANY ? [{ group: one.group, count: FEW, of: MANY }] : [];
    const asks = [one, ...two, ...few];
    await drawn(gateways, count, WARM_UP_SECONDS[count]);
    const samples = await interleaved(asks, ROUNDS, (ask) => drawn(ask.group, ask.count, Math.min(2, seconds)));
    const heapBytes = await liveHeapBytes(gateways[0]);
    for (const ask of asks)
      rows.push({ name: nameOf(ask), ...ask, processes: ask.group.length, heapBytes, samples: samples.get(ask) });
  }
  // The others have filled Redis.
  if (!quick && gateways.length > 1) rows.push(await storedInLittle(stage, seconds));
  await Promise.all(gateways.map(({ stop }) => stop()));
  return rows;
}

/** As many tasks as above, of which memory holds few. */
async function storedInLittle(stage, seconds) {
  const settings = { memoryBytes: BOUNDS.small, nodeArgs: PROBE_ARGS, keyPrefix: SHARED };
  const gateway = await startGateway(stage, settings);
  const ask = { count: MANY, isSmall: true };
  await drawn([gateway], MANY, WARM_UP_SECONDS[MANY]);
  const samples = [];
  for (let round = 0; round < ROUNDS; round += 1) samples.push(await drawn([gateway], MANY, Math.min(2, seconds)));
  const heapBytes = await liveHeapBytes(gateway);
  await gateway.stop();
  return { name: `${nameOf(ask)}, 16 MiB`, ...ask, processes: 1, heapBytes, samples };
}

function nameOf({ count, of = count }) {
  const all = `${of.toLocaleString('en')} stored tasks`;
  return of === count ? `one of ${all}` : `one of the first ${count.toLocaleString('en')} of ${all}`;
}

/** Asks for tasks drawn from the first `count`. */
function drawn(group, count, seconds) {
  const [{ headers }] = group;
  return sample(group, { path: taskPath('{n}'), headers, prefix: PREFIX, count, connections: 64, seconds });
}

/** What the claims compare: the rows of one process. */
export function storedRows(rows = []) {
  const row = (wanted, among, small = false) =>
    rows.find(
      ({ count, of, isSmall = false, processes }) =>
        count === wanted && of === among && isSmall === small && processes === 1,
    );
  return { one: row(1), many: row(MANY), fewOfMany: row(FEW, MANY), manyInLittle: row(MANY, undefined, true) };
}

/** The same program with one process, and with two on one port. */
async function onePort(stage, { rounds, seconds }) {
  const asks = [];
  for (const processes of [1, 2]) {
    const gateway = await startGateway(stage, { processes });
    await fill(gateway, PREFIX, FEW);
    await drawn([gateway], FEW, WARM_UP_SECONDS[FEW]);
    asks.push({ name: `${nameOf({ count: FEW })}, \`GATEWAY_PROCESSES=${processes}\``, processes, gateway });
  }
  const samples = await interleaved(asks, rounds, async ({ processes, gateway }) => {
    const before = gateway.childrenCpuMs();
    const costs = await drawn([gateway], FEW, Math.min(2, seconds));
    const worked = gateway.childrenCpuMs().map((ms, index) => ms - before[index]);
    const least = Math.min(...worked) / worked.reduce((sum, ms) => sum + ms, 0);
    if (processes > 1 && !(worked.length === processes && least > 0)) throw new Error('not all workers had work');
    return { ...costs, least };
  });
  for (const { gateway } of asks) await gateway.stop();
  return asks.map((ask) => ({ name: ask.name, processes: ask.processes, samples: samples.get(ask) }));
}

/** Batches of stored tasks, and one stored task of 1 MB. */
async function asked(stage, { seconds }) {
  const gateway = await startGateway(stage);
  const { headers } = gateway;
  await fill(gateway, PREFIX, Math.max(...BATCHES));
  const large = '/tasks/ims/large';
  await fetch(gateway.url + large, { headers }).then((reply) => reply.arrayBuffer());
  const post = {
    method: 'POST',
    path: '/tasks/batch-get',
    headers: { ...headers, 'content-type': 'application/json' },
  };
  const jobs = [
    ...BATCHES.map((size) => ({ ...post, name: `a batch of ${size}`, body: batchOf(PREFIX, 1, size) })),
    { name: 'a task of 1.2 kB', path: taskPath(`${PREFIX}1`), headers },
    { name: 'a task of 1 MB', path: large, headers },
  ].map((job) => ({ ...job, connections: 8, seconds: Math.min(2, seconds) }));
  const samples = await interleaved(jobs, ROUNDS, (job) => sample(gateway, job));
  await gateway.stop();
  return jobs.map((job) => ({ name: `${job.name}, 8 connections`, processes: 1, samples: samples.get(job) }));
}
