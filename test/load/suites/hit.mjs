import { setTimeout as sleep } from 'node:timers/promises';
import { fill } from '../fill.mjs';
import { compare } from '../measure.mjs';
import { TASK_ID } from '../stage.mjs';
import { comparison } from '../table.mjs';
import { BARE, HITS, startTargets, stopTargets } from '../targets.mjs';

const CONNECTIONS = 64;
const PATIENCE = 100;
const PREFIX = 'hit';

/** Finished answers that are stored, over and over again. */
export async function hit(stage, options) {
  await stage.upstream.control(0);
  const targets = [];
  for (const target of await startTargets(stage, HITS, options)) targets.push(await primed(target));
  const rows = await compare(targets, BARE, { ...options, connections: CONNECTIONS });
  await stopTargets(targets);
  return {
    title: `Hit: a stored answer of 1.2 kB, ${CONNECTIONS} connections`,
    text: comparison(rows, BARE),
    rows,
  };
}

/** A target whose answers come from where they are to be measured. */
export async function primed({ pathOf, conditional = false, many = 0, ...target }) {
  const path = pathOf(TASK_ID);
  const etag = await storedEtag(target, path);
  if (many > 0) {
    await fill(target.server, PREFIX, many);
    return { ...target, path: pathOf('{n}'), prefix: PREFIX, count: many };
  }
  return { ...target, path, headers: { ...target.headers, ...(conditional ? { 'if-none-match': etag } : {}) } };
}

/** Asks until the answer is a stored one: Redis is connected in the background. */
async function storedEtag({ name, server, headers }, path) {
  for (let left = PATIENCE; ; left -= 1) {
    const reply = await fetch(server.url + path, { headers }).catch(() => null);
    await reply?.arrayBuffer();
    const how = reply?.headers.get('cache-status') ?? null;
    if (reply?.status === 200 && (how === null || how.includes('; hit'))) return reply.headers.get('etag');
    if (left === 0) throw new Error(`${name} gives no stored answer: ${reply?.status} ${how}`);
    await sleep(50);
  }
}
