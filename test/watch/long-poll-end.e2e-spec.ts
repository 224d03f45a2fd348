import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { moveClocks } from '../faults/support/clock.js';
import type { MovedClock } from '../faults/support/clock.js';
import { behind, closedGate, running, throttled, unavailable } from '../sharing/support/cloud.js';
import type { Answer } from '../sharing/support/cloud.js';
import { eventually } from '../support/eventually.js';
import { INSTANCE, pathOf, PROJECT, quickPathOf } from './support/followed-cloud.js';
import { shown, startWaitingCloud } from './support/waiting-cloud.js';
import type { WaitingCloud } from './support/waiting-cloud.js';

const TASK = pathOf('task-1');
/** Of a provider that is asked every two seconds. */
const QUICK = quickPathOf('task-1', '');
const APPLIED = 'wait=50';

let clock: MovedClock;
let clouds: WaitingCloud;
beforeEach(async () => {
  clock = moveClocks();
  clouds = await startWaitingCloud();
});
afterEach(async () => {
  await clouds.close();
  clock.restore();
});

async function restart(cache: object): Promise<void> {
  await clouds.close();
  clouds = await startWaitingCloud({ cache: cache as Readonly<Record<string, unknown>> });
}
const asked = (): number => clouds.cloud.calls.length;
/** A turn of those who wait has failed. */
async function failed(answer: Answer): Promise<void> {
  clouds.say('task-1', answer);
  const before = asked();
  await eventually(() => asked() > before);
  await clouds.settled();
}

describe('the time is over', () => {
  it('200 with the latest state, or 304 where the validator matches, and the cloud is not asked for it', async () => {
    const { headers } = await clouds.get(TASK);
    const waits = [await clouds.wait(TASK), await clouds.wait(TASK, { 'if-none-match': String(headers.etag) })];
    const before = asked();
    clock.advance(46_000);
    await clouds.settled();
    expect(clouds.waits()).toBe(2);
    clock.advance(4_000);
    const [one, other] = await Promise.all(waits.map(({ reply }) => reply));
    expect([one, other].map((reply) => shown(reply!))).toEqual([
      [200, 'running', 'cache', APPLIED],
      [304, APPLIED],
    ]);
    expect(one?.headers).toMatchObject({ 'retry-after': '5', 'cache-status': 'task-gateway; hit; ttl=0' });
    expect(other?.headers).toMatchObject({ etag: headers.etag, vary: 'X-Auth-Token, Prefer' });
    expect(asked()).toBe(before);
  });

  it.each<[string, object]>([
    ['nothing is kept in memory', { memoryBytes: 0 }],
    ['the answer is too large to be kept', { maxEntryBytes: 1024 }],
  ])('%s: the cloud is asked, once for all who wait', async (_, cache) => {
    await restart(cache);
    const large = { job_id: 'task-1', status: 'RUNNING', job_type: 'x'.repeat(1024), entities: {} };
    clouds.say('task-1', { status: 200, body: large });
    const waits = [await clouds.wait(TASK), await clouds.wait(TASK), await clouds.wait(TASK)];
    const before = asked();
    clock.advance(50_000);
    const replies = await Promise.all(waits.map(({ reply }) => reply));
    expect(replies.map((reply) => shown(reply).slice(0, 2))).toEqual(replies.map(() => [200, 'running']));
    expect(asked()).toBe(before + 1);
  });

  it("project that the caller's token has named: asked with time of its own, as the first lookup's is long over", async () => {
    await restart({ memoryBytes: 0 });
    const path = '/tasks/ims/task-1?region=own';
    const { reply } = await clouds.wait(path, { 'x-auth-token': 'alice' });
    clock.advance(50_000);
    expect(shown(await reply)).toEqual([200, 'running', 'live', APPLIED]);
  });

  it('caller that leaves while the cloud is asked for it: that is called off, and is no error', async () => {
    await restart({ memoryBytes: 0 });
    const { hangUp } = await clouds.wait(TASK);
    const gate = closedGate();
    clouds.cloud.behave(behind(gate, running));
    clock.advance(50_000);
    await eventually(() => asked() === 1);
    hangUp();
    await eventually(() => clouds.cloud.calls[0]?.left() === true && clouds.waits() === 0);
    gate.open();
    await clouds.settled();
    expect(clouds.gateway.logs.join('')).not.toMatch(/"level":50|INTERNAL_ERROR/);
  });

  it('a purge of the task meanwhile: the cloud is asked', async () => {
    const { reply } = await clouds.wait(TASK);
    await purge(clouds);
    clock.advance(50_000);
    expect(shown(await reply)).toEqual([200, 'running', 'live', APPLIED]);
  });
});

it('a purge of the task in the middle: a turn goes on, and finds the end', async () => {
  const { reply } = await clouds.wait(QUICK);
  await purge(clouds, 'apig');
  clouds.say('task-1', 'SUCCESS');
  expect(shown(await reply)).toEqual([200, 'succeeded', 'cache', APPLIED]);
});

describe('lookups that fail meanwhile', () => {
  it.each([
    ['the cloud is down', unavailable],
    ['the cloud throttles', throttled],
  ])('%s: outlasted', async (_, answer) => {
    const { reply } = await clouds.wait(QUICK);
    await failed(answer);
    expect(clouds.waits()).toBe(1);
    clouds.say('task-1', 'SUCCESS');
    await clouds.get(QUICK, { 'cache-control': 'no-cache' });
    expect(shown(await reply)).toEqual([200, 'succeeded', 'cache', APPLIED]);
  });

  it('until the time is over: the last known state as stale', async () => {
    const { headers } = await clouds.get(QUICK);
    const waits = [await clouds.wait(QUICK), await clouds.wait(QUICK, { 'if-none-match': String(headers.etag) })];
    await failed(unavailable);
    clock.advance(50_000);
    const [one, other] = await Promise.all(waits.map(({ reply }) => reply));
    expect([one, other].map((reply) => shown(reply!))).toEqual([
      [200, 'running', 'stale', APPLIED],
      [304, APPLIED],
    ]);
    expect(other?.headers['cache-status']).toBe('task-gateway; fwd=stale; detail=stale-if-error');
  });

  it('and work again before the time is over: the latest state, as ever', async () => {
    const { reply } = await clouds.wait(QUICK);
    await failed(unavailable);
    clouds.say('task-1', 'RUNNING');
    const before = asked();
    await eventually(() => asked() > before);
    await clouds.settled();
    clock.advance(50_000);
    expect(shown(await reply)).toEqual([200, 'running', 'cache', APPLIED]);
  });

  it.each<[string, object, Answer, readonly unknown[]]>([
    ['nothing stale may be shown', { staleSeconds: 0 }, unavailable, [503, 'UPSTREAM_UNAVAILABLE', APPLIED]],
    ['throttled, which is not down', {}, throttled, [503, 'UPSTREAM_THROTTLED', APPLIED]],
  ])('%s: the problem, when the time is over', async (_, cache, answer, expected) => {
    await restart(cache);
    const { reply } = await clouds.wait(QUICK);
    await failed(answer);
    clock.advance(50_000);
    expect(shown(await reply)).toEqual(expected);
  });

  it('not found: the problem at once', async () => {
    const { reply } = await clouds.wait(QUICK);
    clouds.say('task-1', { status: 404, body: { error_code: 'APIG.3093', error_msg: 'There is no such task' } });
    expect(shown(await reply)).toEqual([404, 'TASK_NOT_FOUND', APPLIED]);
    expect((await reply).headers.vary).toBe('X-Auth-Token, Prefer');
  });
});

async function purge({ gateway }: WaitingCloud, provider = 'ims'): Promise<void> {
  const instanceId = provider === 'apig' ? INSTANCE : null;
  const address = new TaskAddress({ provider, region: 'shared', projectId: PROJECT, instanceId, id: 'task-1' });
  await gateway.app.get(TaskCache).purge({ kind: 'task', address });
}
