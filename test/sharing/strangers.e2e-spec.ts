import { afterEach, expect, it } from '@jest/globals';
import { UpstreamClient } from '@gateway/upstream';
import { eventually } from '../support/eventually.js';
import { running, startCloud } from './support/cloud.js';
import type { Cloud } from './support/cloud.js';
import { startLocal } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';

const PATH = '/tasks/ims/task-1?region=own&projectId=project-1';
const STRANGERS = ['made-up-1', 'made-up-2', 'made-up-3', 'made-up-4', 'made-up-5'];

let cloud: Cloud;
let gateway: LocalReplica;
afterEach(async () => {
  await gateway.close();
  await cloud.close();
});

it('tokens that nobody knows, however many: have one turn between them before one that the cloud has answered', async () => {
  cloud = await startCloud(running);
  gateway = await startLocal({ cloud: cloud.url, upstream: { concurrency: 1, queueMs: 60_000, requestMs: 120_000 } });
  const ask = (token: string) =>
    gateway.ask({ path: PATH, headers: { 'x-auth-token': token, 'cache-control': 'no-cache' } });
  expect((await ask('known')).status).toBe(200);
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  cloud.behave(async (call) => {
    await gate;
    return running(call);
  });
  const replies = [ask('first')];
  await eventually(() => cloud.calls.length === 1);
  const upstream = gateway.app.get(UpstreamClient);
  for (const token of [...STRANGERS, 'known']) {
    replies.push(ask(token));
    await eventually(() => upstream.state('ims', 'own').queued === replies.length - 1);
  }
  open();
  expect((await Promise.all(replies)).map(({ status }) => status)).toEqual(replies.map(() => 200));
  const order = cloud.calls.map(({ token }) => token);
  expect([order[0], order.indexOf('known') <= 2]).toEqual(['first', true]);
});
