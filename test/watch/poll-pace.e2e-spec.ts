import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startCloud } from '../sharing/support/cloud.js';
import type { Call, Cloud } from '../sharing/support/cloud.js';
import { startLocal } from '../sharing/support/replicas.js';
import type { LocalReplica } from '../sharing/support/replicas.js';
import { eventually } from '../support/eventually.js';
import { running, waitFor } from './support/fleet.js';

const PER_SECOND = 5;
const TASKS = 30;
const GETS = 20;
/** Milliseconds that a question is late on its way to the cloud at most, and the next one not. */
const ON_THE_WAY_MS = 1_000;

let cloud: Cloud;
let replica: LocalReplica;
beforeEach(async () => {
  cloud = await startCloud(running);
  const credentials = { mode: 'token', token: '${SECRET_KEY}' };
  const region = { name: 'actions', cloud: 'hetzner', endpoint: `${cloud.url}/hetzner`, credentials };
  replica = await startLocal({ cloud: cloud.url, polls: { perSecond: PER_SECOND }, regions: [region] });
});
afterEach(async () => {
  await replica.close();
  await cloud.close();
});

const isPoll = ({ id }: Call): boolean => Number(id) <= TASKS;
const polls = (): readonly Call[] => cloud.calls.filter(isPoll);

it('more tasks than polls.perSecond: each gets its turn, no second has more questions, and other requests do not wait', async () => {
  const watchers = Array.from({ length: TASKS }, (_, index) => waitFor(replica, String(index + 1)));
  await eventually(() => cloud.calls.length === TASKS);
  // Their first lookups were requests like any other.
  cloud.behave(running);
  await eventually(() => polls().length >= PER_SECOND);
  const before = polls().length;
  for (let count = 1; count <= GETS; count += 1) {
    const { status } = await replica.ask({ path: `/tasks/hetzner/${1_000 + count}?region=actions` });
    expect(status).toBe(200);
  }
  // In turn with them there would be one for each.
  expect(polls().length - before).toBeLessThan(GETS);
  await eventually(() => polls().length >= 1.5 * TASKS);
  expect(new Set(polls().map(({ id }) => id)).size).toBe(TASKS);
  const times = polls().map(({ at }) => at);
  for (const [index, from] of times.entries())
    for (const [further, to] of times.slice(index).entries())
      expect(further).toBeLessThanOrEqual((PER_SECOND * (to - from + ON_THE_WAY_MS)) / 1_000);
  for (const { leave } of watchers) leave();
});
