import { afterEach, expect, it } from '@jest/globals';
import { running, startCloud, succeeded, tokenOf, unavailable } from '../sharing/support/cloud.js';
import type { Answer } from '../sharing/support/cloud.js';
import { startLocal } from '../sharing/support/replicas.js';
import { openStream } from '../support/stream-reader.js';
import { PROJECT } from './support/followed-cloud.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it("task of the token's own project, which the identity service cannot tell at first: a problem, then the task", async () => {
  let identity: 'away' | 'there' = 'away';
  let task = running;
  const cloud = await startCloud((call): Answer => {
    if (call.service !== 'iam') return task(call);
    return identity === 'away' ? unavailable : tokenOf(PROJECT, call);
  }, true);
  cleanups.push(cloud.close);
  const gateway = await startLocal({ cloud: cloud.url, access: { mode: 'passthrough' } });
  cleanups.push(gateway.close);
  const reference = { provider: 'ims', id: 'task-1', region: 'own' };
  const reader = await openStream(gateway.port, {
    method: 'POST',
    path: '/tasks/events',
    headers: { 'content-type': 'application/json', 'x-auth-token': 'token-of-alice' },
    body: JSON.stringify({ tasks: [reference] }),
  });
  cleanups.push(reader.close);
  expect(await reader.data('problem')).toMatchObject([{ ref: reference, status: 503 }]);
  identity = 'there';
  expect(await reader.data('task')).toMatchObject([{ ref: reference, task: { scope: { projectId: PROJECT } } }]);
  task = succeeded;
  expect(await reader.ended).toBe(true);
  expect(reader.events.map(({ event }) => event)).toEqual(['problem', 'task', 'task', 'end']);
}, 60_000);
