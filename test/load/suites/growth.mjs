import { batchOf, fill } from '../fill.mjs';
import { startGateway } from '../gateway.mjs';
import { sample } from '../measure.mjs';
import { interleaved, spread } from '../rounds.mjs';
import { taskPath } from '../stage.mjs';
import { figure, range, table } from '../table.mjs';
import { startTwoGateways } from '../targets.mjs';

const ROUNDS = 3;
const PREFIX = 'grow';
const BATCHES = [1, 10, 100];

/** What a request costs when more is stored, more is asked for at once, answers are larger, and processes are two. */
export async function growth(stage, options) {
  await stage.upstream.control(0);
  const rows = [...(await stored(stage, options)), ...(await asked(stage, options))];
  const cells = ({ name, processes, samples }) => {
    const of = (member) => spread(samples.map((one) => one[member]));
    const failed = samples.reduce((sum, one) => sum + one.failed, 0);
    const figures = [of('cpuUs'), of('rps'), of('p99')].map(range);
    return [failed === 0 ? name : `${name} (**${failed} failed**)`, processes, ...figures, figure(of('rssMb').max)];
  };
  return {
    title: 'Cost as work grows: answers from the cache',
    text:
      `${ROUNDS} rounds. Two processes share CPU 0: they show what sharing costs, not what a second processor brings. ` +
      'Memory is that of all processes; 128 MiB of it are the configured bound for answers, in each process.\n\n' +
      table([['what is asked', 'processes', 'CPU µs/req', 'req/s', 'p99 ms', 'RSS MB'], ...rows.map(cells)]),
    rows,
  };
}

/** Tasks drawn at random from so many that are stored. */
async function stored(stage, { quick, seconds }) {
  const gateways = stage.redisUrl === null ? [await startGateway(stage)] : await startTwoGateways(stage);
  const rows = [];
  for (const count of quick ? [1, 1_000] : [1, 1_000, 100_000]) {
    for (const gateway of gateways) await fill(gateway, PREFIX, count);
    const job = {
      path: taskPath('{n}'),
      headers: gateways[0].headers,
      prefix: PREFIX,
      count,
      connections: 64,
      seconds: Math.min(2, seconds),
    };
    const groups = [gateways.slice(0, 1), gateways].slice(0, gateways.length);
    const samples = await interleaved(groups, ROUNDS, (group) => sample(group, job));
    for (const group of groups)
      rows.push({
        name: `one of ${count.toLocaleString('en')} stored tasks`,
        processes: group.length,
        samples: samples.get(group),
      });
  }
  await Promise.all(gateways.map(({ stop }) => stop()));
  return rows;
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
