import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { moveClocks } from '../faults/support/clock.js';
import type { MovedClock } from '../faults/support/clock.js';
import type { Ask, Reply } from '../support/http-client.js';
import {
  forbidden,
  notFound,
  refused,
  running,
  secretOf,
  startCloud,
  succeeded,
  throttled,
  unavailable,
} from './support/cloud.js';
import type { Answer, Cloud } from './support/cloud.js';
import { startLocal } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';

const PROJECT = 'project-1';
const SECOND = 1_000;
const CACHE = { unfinishedTtlSeconds: 2, staleSeconds: 60, proofTtlSeconds: 1_800, negativeTtlSeconds: 5 };
const STALE = 'task-gateway; fwd=stale; detail=stale-if-error';

let clock: MovedClock;
let cloud: Cloud;
let replica: LocalReplica;
async function start(cache = {}): Promise<void> {
  replica = await startLocal({ cloud: cloud.url, cache: { ...CACHE, ...cache } });
}
beforeEach(async () => {
  clock = moveClocks();
  cloud = await startCloud(running);
  await start();
});
afterEach(async () => {
  await replica.close();
  await cloud.close();
  clock.restore();
});

const ask = (token: string | null, headers = {}, more: Partial<Ask> = {}): Promise<Reply> =>
  replica.ask({
    path: `/tasks/ims/task-1?projectId=${PROJECT}&region=${token === null ? 'shared' : 'own'}`,
    ...more,
    headers: { ...(token === null ? {} : { 'x-auth-token': token }), ...headers },
  });
/** What is known has grown old, and the cloud says nothing but this from now on. */
function goDown(answer: Answer = unavailable): void {
  clock.advance(3 * SECOND);
  cloud.behave(() => answer);
}
/** Real time goes on beside the time that is moved. */
const seconds = (least: number): unknown =>
  expect.stringMatching(new RegExp(`^(${Array.from({ length: 40 }, (_, more) => least + more).join('|')})$`));
const codeOf = ({ body }: Reply): unknown => (body as { code?: string }).code;

describe('while the cloud is down', () => {
  it.each(['alice', null])(
    'running task: its last known state is shown to who may see it, marked stale (%s)',
    async (token) => {
      const before = await ask(token);
      goDown();
      const reply = await ask(token);
      expect(reply.body).toEqual({ ...(before.body as object), source: 'stale' });
      expect([reply.status, reply.headers['cache-status'], reply.headers.age]).toEqual([200, STALE, seconds(3)]);
      expect([reply.headers.etag, reply.headers['retry-after']]).toEqual([
        before.headers.etag,
        before.headers['retry-after'],
      ]);
      const known = await ask(token, { 'if-none-match': String(before.headers.etag) });
      expect([known.status, known.headers['cache-status'], known.headers.age]).toEqual([304, STALE, seconds(3)]);
      const basic = await ask(
        token,
        {},
        { path: `/tasks/ims/task-1?projectId=${PROJECT}&region=${token === null ? 'shared' : 'own'}&view=basic` },
      );
      expect(basic.body).toMatchObject({ source: 'stale', view: 'basic', status: 'running' });
      expect(cloud.calls).toHaveLength(3);
    },
  );

  it.each<[string, Answer]>([
    ['an error', { status: 500, body: {} }],
    ['a timeout of its own', { status: 504, body: {} }],
  ])('down means %s', async (_name, answer) => {
    await ask('alice');
    goDown(answer);
    expect((await ask('alice')).body).toMatchObject({ source: 'stale' });
  });

  it('configured time over: not shown any more', async () => {
    await ask('alice');
    goDown();
    clock.advance(50 * SECOND);
    expect((await ask('alice')).headers.age).toEqual(seconds(53));
    clock.advance(10 * SECOND);
    expect(codeOf(await ask('alice'))).toBe('UPSTREAM_UNAVAILABLE');
  });

  it('batch: shown as well', async () => {
    await ask('alice');
    goDown();
    const tasks = [{ provider: 'ims', id: 'task-1', region: 'own', projectId: PROJECT }];
    const reply = await ask(
      'alice',
      { 'content-type': 'application/json' },
      { method: 'POST', path: '/tasks/batch-get', body: JSON.stringify({ tasks }) },
    );
    expect(reply.body).toMatchObject({ items: [{ status: 200, task: { source: 'stale', status: 'running' } }] });
  });

  it.each(['no-cache', 'no-store', 'max-age=0', 'max-age=2'])('%s: not shown', async (directive) => {
    await ask('alice');
    goDown();
    expect(codeOf(await ask('alice', { 'cache-control': directive }))).toBe('UPSTREAM_UNAVAILABLE');
    expect((await ask('alice', { 'cache-control': 'max-age=30' })).body).toMatchObject({ source: 'stale' });
  });

  it('caller without a proof, or with one that ended: not shown', async () => {
    await replica.close();
    await start({ proofTtlSeconds: 20 });
    await ask('alice');
    goDown();
    const bob = await ask('bob');
    expect([codeOf(bob), bob.text.includes(secretOf(PROJECT))]).toEqual(['UPSTREAM_UNAVAILABLE', false]);
    expect((await ask('alice')).body).toMatchObject({ source: 'stale' });
    clock.advance(20 * SECOND);
    const alice = await ask('alice');
    expect([codeOf(alice), alice.text.includes(secretOf(PROJECT))]).toEqual(['UPSTREAM_UNAVAILABLE', false]);
  });

  it.each<[string, Answer, string]>([
    ['401', refused, 'UPSTREAM_CREDENTIALS_REJECTED'],
    ['403', forbidden, 'PERMISSION_DENIED'],
    ['404', notFound, 'TASK_NOT_FOUND'],
    ['429', throttled, 'RATE_LIMITED'],
    ['babble', { status: 200, body: 'x' }, 'UPSTREAM_BAD_RESPONSE'],
  ])('an answer is not down: %s', async (_name, answer, code) => {
    await ask('alice');
    goDown(answer);
    expect(codeOf(await ask('alice'))).toBe(code);
  });

  it('no-store, and final state: not shown as stale', async () => {
    await ask('alice', { 'cache-control': 'no-store' });
    goDown();
    expect(codeOf(await ask('alice'))).toBe('UPSTREAM_UNAVAILABLE');
    cloud.behave(succeeded);
    await ask('alice', { 'cache-control': 'no-store' });
    cloud.behave(() => unavailable);
    expect(codeOf(await ask('alice'))).toBe('UPSTREAM_UNAVAILABLE');
    cloud.behave(succeeded);
    await ask('alice');
    goDown();
    expect((await ask('alice')).body).toMatchObject({ source: 'cache', status: 'succeeded' });
  });

  it('switched off: nothing stale is shown', async () => {
    await replica.close();
    await start({ staleSeconds: 0 });
    await ask('alice');
    goDown();
    expect(codeOf(await ask('alice'))).toBe('UPSTREAM_UNAVAILABLE');
  });
});

it('task that has ended: shown as ended once what was stored is old', async () => {
  expect((await ask('alice')).body).toMatchObject({ status: 'running', source: 'live' });
  cloud.behave(succeeded);
  expect((await ask('alice')).body).toMatchObject({ status: 'running', source: 'cache' });
  clock.advance(2 * SECOND);
  expect((await ask('alice')).body).toMatchObject({ status: 'succeeded', source: 'live' });
  clock.advance(1_000 * SECOND);
  expect((await ask('alice')).body).toMatchObject({ status: 'succeeded', source: 'cache' });
  expect(cloud.calls).toHaveLength(1);
});
