import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { pathOf, quickPathOf } from './support/followed-cloud.js';
import { shown, startWaitingCloud } from './support/waiting-cloud.js';
import type { WaitingCloud } from './support/waiting-cloud.js';

const TASK = pathOf('task-1');
const BASIC = `${TASK}&view=basic`;
const APPLIED = 'wait=50';

let clouds: WaitingCloud;
beforeEach(async () => {
  clouds = await startWaitingCloud({ waits: { maxSeconds: 50 } });
});
afterEach(() => clouds.close());

const etagOf = async (path: string): Promise<string> => String((await clouds.get(path)).headers.etag);

describe('a wait without a validator', () => {
  it('task that changes and is not done: goes on, until the task is done', async () => {
    const { reply } = await clouds.wait(TASK);
    await clouds.change('task-1', 'INIT');
    await clouds.settled();
    expect(clouds.waits()).toBe(1);
    await clouds.change('task-1', 'SUCCESS');
    expect(shown(await reply)).toEqual([200, 'succeeded', 'cache', APPLIED]);
    expect([clouds.waits(), clouds.watched()]).toEqual([0, 0]);
  });

  it.each(['SUCCESS', 'FAIL'])('task that is done already, as %s: answered at once', async (word) => {
    clouds.say('task-1', word);
    expect(shown(await clouds.get(TASK, { prefer: 'wait=50' }))).toEqual([
      200,
      word === 'SUCCESS' ? 'succeeded' : 'failed',
      'live',
      APPLIED,
    ]);
    expect((await clouds.get(TASK, { prefer: 'wait=50' })).headers['preference-applied']).toBe(APPLIED);
  });

  it('nobody else asks: a turn of its own finds the end', async () => {
    const { reply } = await clouds.wait(quickPathOf('task-2', ''));
    clouds.say('task-2', 'SUCCESS');
    expect(shown(await reply)).toEqual([200, 'succeeded', 'cache', APPLIED]);
  });
});

describe('a wait with If-None-Match', () => {
  it.each([
    ['one validator', (etag: string) => etag],
    ['a strong one', (etag: string) => etag.slice(2)],
    ['a list', (etag: string) => `"a", ${etag}, W/"b"`],
  ])('%s that matches: ends when it does not any more, done or not', async (_, known) => {
    const { reply } = await clouds.wait(TASK, { 'if-none-match': known(await etagOf(TASK)) });
    await clouds.change('task-1', 'RUNNING');
    await clouds.settled();
    expect(clouds.waits()).toBe(1);
    await clouds.change('task-1', 'INIT');
    expect(shown(await reply)).toEqual([200, 'pending', 'cache', APPLIED]);
  });

  it('a list that names the next state as well: goes on over it', async () => {
    const running = await etagOf(TASK);
    await clouds.change('task-1', 'INIT');
    const both = `${running}, ${await etagOf(TASK)}`;
    const { reply } = await clouds.wait(TASK, { 'if-none-match': both });
    await clouds.change('task-1', 'RUNNING');
    await clouds.settled();
    expect(clouds.waits()).toBe(1);
    await clouds.change('task-1', 'SUCCESS');
    expect(shown(await reply)).toEqual([200, 'succeeded', 'cache', APPLIED]);
  });

  it('no match: answered at once, also one of another view, and what is no validator', async () => {
    const [full, basic] = [await etagOf(TASK), await etagOf(BASIC)];
    expect(full).not.toBe(basic);
    for (const [path, known] of [
      [TASK, '"another"'],
      [TASK, 'no-validator'],
      [TASK, basic],
      [BASIC, full],
    ] as const)
      expect(shown(await clouds.get(path, { prefer: 'wait=50', 'if-none-match': known }))).toEqual([
        200,
        'running',
        'cache',
        APPLIED,
      ]);
  });

  it('*: not waited for', async () => {
    const reply = await clouds.get(TASK, { prefer: 'wait=50', 'if-none-match': ' * ' });
    expect(shown(reply)).toEqual([304]);
  });

  it('done state that is known: 304 at once', async () => {
    clouds.say('task-1', 'SUCCESS');
    const known = await etagOf(TASK);
    expect(shown(await clouds.get(TASK, { prefer: 'wait=50', 'if-none-match': known }))).toEqual([304, APPLIED]);
  });

  it('two readers of one task: each is answered when its own view and validator say so', async () => {
    const full = await clouds.wait(TASK, { 'if-none-match': await etagOf(TASK) });
    const basic = await clouds.wait(BASIC, { 'if-none-match': await etagOf(BASIC) });
    const done = await clouds.wait(BASIC);
    expect([clouds.waits(), clouds.watched()]).toEqual([3, 1]);
    await clouds.change('task-1', 'INIT');
    const [one, other] = [await full.reply, await basic.reply];
    expect([one.body, other.body]).toMatchObject([
      { view: 'full', status: 'pending' },
      { view: 'basic', status: 'pending' },
    ]);
    expect(other.headers.etag).toBe(await etagOf(BASIC));
    expect(clouds.waits()).toBe(1);
    await clouds.change('task-1', 'SUCCESS');
    expect((await done.reply).body).toMatchObject({ view: 'basic', status: 'succeeded' });
  });
});

describe('N', () => {
  it.each([
    ['wait=20', 'wait=20'],
    ['WAIT="20"; foo="bar"', 'wait=20'],
    ['respond-async, wait=7, wait=9', 'wait=7'],
    ['wait=51', 'wait=50'],
    ['wait=9999999999', 'wait=50'],
  ])('%s: waits, as %s', async (prefer, applied) => {
    const { reply } = await clouds.wait(TASK, { prefer });
    await clouds.change('task-1', 'SUCCESS');
    expect((await reply).headers['preference-applied']).toBe(applied);
  });

  it.each(['wait=0', 'wait=-1', 'wait=1.5', 'wait=soon', 'wait', 'wait=', 'respond-async', 'wait=x, wait=9'])(
    '%s: answered at once, and nothing is applied',
    async (prefer) => expect(shown(await clouds.get(TASK, { prefer }))).toEqual([200, 'running', 'live']),
  );
});

describe('a request that cannot wait', () => {
  it.each<[string, string, string, Readonly<Record<string, string>>]>([
    ['HEAD', 'HEAD', TASK, {}],
    ['an artifact', 'GET', quickPathOf('task-2', '/artifact'), {}],
    ['batch-get', 'POST', '/tasks/batch-get', { 'content-type': 'application/json' }],
    ['only-if-cached', 'GET', TASK, { 'cache-control': 'only-if-cached' }],
    ['no-store', 'GET', TASK, { 'cache-control': 'no-store' }],
  ])('%s: answered at once, and nothing is applied', async (_, method, path, headers) => {
    await clouds.get(TASK);
    const body = JSON.stringify({
      tasks: [{ provider: 'ims', id: 'task-1', region: 'shared', projectId: 'project-1' }],
    });
    const what = { method, path, headers: { ...headers, prefer: 'wait=50' }, ...(method === 'POST' ? { body } : {}) };
    const reply = await clouds.gateway.ask(what);
    expect(reply.headers['preference-applied']).toBeUndefined();
    expect(clouds.waits()).toBe(0);
  });
});

describe('Cache-Control: no-cache', () => {
  it('asks the cloud once at the start; the wait is as ever', async () => {
    await clouds.get(TASK);
    const before = clouds.cloud.calls.length;
    const { reply } = await clouds.wait(TASK, { 'cache-control': 'no-cache' });
    expect(clouds.cloud.calls).toHaveLength(before + 1);
    await clouds.change('task-1', 'SUCCESS');
    expect(shown(await reply)).toEqual([200, 'succeeded', 'cache', APPLIED]);
    expect(clouds.cloud.calls).toHaveLength(before + 2);
  });
});

it('first lookup: made before anything is waited for, and what is stored and fresh will do', async () => {
  await clouds.get(TASK);
  await clouds.wait(TASK);
  expect(clouds.cloud.calls).toHaveLength(1);
  await eventually(() => clouds.watched() === 1);
});
