import { startGateway } from '../gateway.mjs';
import { startNode } from '../program.mjs';
import { interleaved, ratios, spread } from '../rounds.mjs';
import { range, table } from '../table.mjs';

const STARTS = {
  'Nest + fastify, same dependencies': () => startNode('test/load/servers/nest-start.mjs'),
  gateway: (stage) => startGateway(stage),
};

/** From spawning the process to its first answer. */
export async function start(stage, { quick }) {
  const names = Object.keys(STARTS);
  const rounds = quick ? 3 : 9;
  const samples = await interleaved(names, rounds, (name) => firstAnswer(() => STARTS[name](stage)));
  const base = samples.get(names[0]);
  const rows = names.map((name) => ({
    name,
    ms: spread(samples.get(name).map(({ ms }) => ms)),
    ratio: ratios(samples.get(name), base, 'ms'),
  }));
  return {
    title: 'Start: from the process to the first answer',
    text: `${rounds} rounds.\n\n${table([['server', 'ratio', 'ms'], ...rows.map(({ name, ms, ratio }) => [name, range(ratio), range(ms)])])}`,
    rows,
  };
}

async function firstAnswer(run) {
  const began = performance.now();
  const server = await run();
  const reply = await fetch(`${server.url}/livez`);
  const ms = performance.now() - began;
  await reply.arrayBuffer();
  await server.stop();
  if (reply.status !== 200) throw new Error(`the first answer was ${reply.status}`);
  return { ms };
}
