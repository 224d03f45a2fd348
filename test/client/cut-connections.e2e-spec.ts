import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { TaskClient } from '../../libs/client/src/index.js';
import type { Task } from '../../libs/client/src/index.js';
import { startCuttingProxy } from '../support/cutting-proxy.js';
import type { CuttingProxy } from '../support/cutting-proxy.js';
import { eventually } from '../support/eventually.js';
import { pathOf, referenceOf, startFollowedCloud } from '../watch/support/followed-cloud.js';
import type { FollowedCloud } from '../watch/support/followed-cloud.js';

const TASKS = 20;
const CUTS = 40;

let followed: FollowedCloud;
let proxy: CuttingProxy;
beforeAll(async () => {
  followed = await startFollowedCloud();
  proxy = await startCuttingProxy(followed.gateway.port);
});
afterAll(async () => {
  proxy.close();
  await followed.close();
});

it('connections that are cut at random: each task ends exactly once, with its last version', async () => {
  const random = seeded(20261129);
  // Pauses a twentieth as long, as the cuts come that much faster than they do in life.
  const sleep = (ms: number, signal: AbortSignal) => delay(ms / 20, undefined, { signal });
  const client = new TaskClient({ baseUrl: proxy.url, sleep, random });
  const ids = Array.from({ length: TASKS }, (_, index) => `task-${index}`);
  const seen = new Map<string, Task[]>(ids.map((id) => [id, []]));
  const watching = ids.map(async (id) => {
    for await (const task of client.watch(referenceOf(id))) seen.get(id)?.push(task);
  });

  const left = [...ids];
  for (let cuts = 0; cuts < CUTS;) {
    await delay(random() * 100);
    if (proxy.cut() > 0) cuts += 1;
    // Each is there for a while, changes, and half of them end while connections are cut.
    const id = left[Math.floor(random() * left.length)] ?? '';
    const ends = random() < 0.3 && left.length > TASKS / 2;
    await followed.change(id, ends ? 'SUCCESS' : random() < 0.5 ? 'RUNNING' : 'INIT');
    if (ends) left.splice(left.indexOf(id), 1);
  }
  for (const id of left) await followed.change(id, 'SUCCESS');
  await Promise.all(watching);

  for (const id of ids) {
    const states = seen.get(id) ?? [];
    const { body } = await followed.gateway.ask({ path: pathOf(id) });
    expect(states.filter(({ done }) => done).map(({ version }) => version)).toEqual([(body as Task).version]);
    expect(states.at(-1)?.done).toBe(true);
    // Never the same twice in a row.
    expect(states.filter(({ version }, index) => version === states[index - 1]?.version)).toEqual([]);
  }
  // Nothing is left open behind the last wait.
  await eventually(() => proxy.cut() === 0);
});

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
