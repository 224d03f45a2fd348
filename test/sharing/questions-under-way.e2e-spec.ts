import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { findProvider } from '@gateway/providers';
import { TaskAddress } from '@gateway/tasks';
import { cacheDirectives } from '../../apps/gateway/src/tasks/task-request.js';
import { TasksService } from '../../apps/gateway/src/tasks/tasks.service.js';
import { eventually } from '../support/eventually.js';
import type { Ask, Reply } from '../support/http-client.js';
import { closedGate, forbidden, refused, startCloud, succeeded, throttled } from './support/cloud.js';
import type { Answer, Cloud, Gate } from './support/cloud.js';
import { cacheStatuses, haveRead, startLocal, volley } from './support/replicas.js';
import type { LocalReplica, ReplicaOptions } from './support/replicas.js';

const PROJECT = 'project-1';

let cloud: Cloud;
let gate: Gate;
let replica: LocalReplica;
async function start(options: Partial<ReplicaOptions> = {}): Promise<void> {
  replica = await startLocal({ cloud: cloud.url, ...options });
}
beforeEach(async () => {
  gate = closedGate();
  cloud = await startCloud(async (call) => {
    await gate.opened;
    return succeeded(call);
  });
});
afterEach(async () => {
  gate.open();
  await replica.close();
  await cloud.close();
});

const task = (region: 'own' | 'shared', headers = {}, more: Partial<Ask> = {}): Ask => ({
  path: `/tasks/ims/task-1?projectId=${PROJECT}&region=${region}`,
  headers,
  ...more,
});
const token = (name: string, headers = {}): Ask => task('own', { 'x-auth-token': name, ...headers });
const directive = (value: string): Ask => task('shared', { 'cache-control': value });
const codeOf = ({ body }: Reply): unknown => (body as { code?: string }).code;
const callsAre = (count: number): Promise<void> => eventually(() => cloud.calls.length === count);

describe('a caller who leaves', () => {
  beforeEach(() => start());

  it('others still waiting: undisturbed, also if it was the first', async () => {
    const leaving = new AbortController();
    const gone = replica.ask(task('shared', {}, { signal: leaving.signal })).catch(() => 'gone');
    await callsAre(1);
    const { arrived, replies } = volley([replica], 10, task('shared'));
    await arrived;
    leaving.abort();
    expect(await gone).toBe('gone');
    await haveRead([replica]);
    expect(cloud.calls[0]?.left()).toBe(false);
    gate.open();
    expect((await replies).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(cloud.calls).toHaveLength(1);
  });

  it('the last one: the fetch is aborted, and the next caller fetches anew', async () => {
    const leaving = new AbortController();
    const { replies } = volley([replica], 10, task('shared', {}, { signal: leaving.signal }));
    const gone = replies.catch(() => 'gone');
    await callsAre(1);
    await haveRead([replica]);
    leaving.abort();
    expect(await gone).toBe('gone');
    await eventually(() => cloud.calls[0]?.left() === true);
    const anew = replica.ask(task('shared'));
    await callsAre(2);
    gate.open();
    expect((await anew).status).toBe(200);
  });
});

describe('caller whose own time is over', () => {
  beforeEach(() => start());

  it('others who share its fetch: get their answer, and the cloud is asked once', async () => {
    const provider = findProvider('ims')!;
    const address = new TaskAddress({
      provider: provider.id,
      region: 'shared',
      projectId: PROJECT,
      instanceId: null,
      id: 'task-1',
    });
    const grant = { kind: 'everything' } as const;
    const caller = { principal: 'hasty', account: 'hasty', grant, token: null, endsAt: null };
    const hasty = replica.app
      .get(TasksService)
      .find(
        { provider, address, endsAt: performance.now() },
        caller,
        cacheDirectives(undefined),
        new AbortController().signal,
      );
    await expect(hasty).rejects.toMatchObject({ slug: 'upstream-timeout' });
    await callsAre(1);
    const { arrived, replies } = volley([replica], 5, task('shared'));
    await arrived;
    await haveRead([replica]);
    gate.open();
    expect((await replies).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(cloud.calls).toHaveLength(1);
  });
});

describe('answer to one token, fetch under way', () => {
  beforeEach(() => start());

  it.each<[string, Answer, number, string]>([
    ['401', refused, 401, 'UPSTREAM_CREDENTIALS_REJECTED'],
    ['403', forbidden, 403, 'PERMISSION_DENIED'],
    ['429', throttled, 429, 'RATE_LIMITED'],
  ])('%s: for all who asked with it, and for nobody else', async (_name, answer, status, code) => {
    cloud.behave(async (call) => {
      await gate.opened;
      return call.token === 'alice' ? succeeded(call) : answer;
    });
    const [alice, bob] = ['alice', 'bob'].map((name) => volley([replica], 5, token(name)));
    await Promise.all([alice?.arrived, bob?.arrived]);
    await callsAre(2);
    gate.open();
    const replies = await bob?.replies;
    expect(replies?.map((reply) => [reply.status, codeOf(reply)])).toEqual(replies?.map(() => [status, code]));
    for (const reply of (await alice?.replies) ?? []) expect(reply.status).toBe(200);
    expect(cloud.calls).toHaveLength(2);
  });
});

describe("a request's Cache-Control", () => {
  beforeEach(() => start());

  it('no-cache: fetches besides a fetch under way, and shares with others that bypass', async () => {
    const plain = volley([replica], 5, task('shared'));
    await plain.arrived;
    const insisting = volley([replica], 5, directive('no-cache'));
    await insisting.arrived;
    await callsAre(2);
    gate.open();
    expect(cacheStatuses(await plain.replies)).toEqual({
      'task-gateway; fwd=uri-miss; stored': 1,
      'task-gateway; fwd=uri-miss; collapsed': 4,
    });
    expect(cacheStatuses(await insisting.replies)).toEqual({
      'task-gateway; fwd=request; stored': 1,
      'task-gateway; fwd=request; collapsed': 4,
    });
    expect(cloud.calls).toHaveLength(2);
  });

  it('no-store: stores nothing, and is shared with nobody who would store', async () => {
    const silent = volley([replica], 3, directive('no-store'));
    await silent.arrived;
    await callsAre(1);
    gate.open();
    expect(cacheStatuses(await silent.replies)).toEqual({
      'task-gateway; fwd=request': 1,
      'task-gateway; fwd=request; collapsed': 2,
    });
    expect(codeOf(await replica.ask(directive('only-if-cached')))).toBe('NOT_IN_CACHE');
  });

  it('only-if-cached: waits for no fetch', async () => {
    const asking = replica.ask(task('shared'));
    await callsAre(1);
    expect(codeOf(await replica.ask(directive('only-if-cached')))).toBe('NOT_IN_CACHE');
    gate.open();
    await asking;
    expect((await replica.ask(directive('only-if-cached'))).body).toMatchObject({ source: 'cache' });
  });

  it('max-age: shares the fetch under way', async () => {
    const asking = volley([replica], 4, directive('max-age=1'));
    await asking.arrived;
    await callsAre(1);
    gate.open();
    for (const { status } of await asking.replies) expect(status).toBe(200);
    expect(cloud.calls).toHaveLength(1);
  });
});

it('fetch that a purge has overtaken: not shared with callers who come after it', async () => {
  await start();
  const before = replica.ask(task('shared'));
  await callsAre(1);
  const members = { provider: 'ims', region: 'shared', projectId: PROJECT, instanceId: null, id: 'task-1' };
  await replica.app.get(TaskCache).purge({ kind: 'task', address: new TaskAddress(members) });
  const after = replica.ask(task('shared'));
  await callsAre(2);
  gate.open();
  expect((await before).headers['cache-status']).toBe('task-gateway; fwd=uri-miss');
  expect((await after).headers['cache-status']).toBe('task-gateway; fwd=uri-miss; stored');
});

describe('callers with keys', () => {
  const KEYS = { all: 'key-of-all', one: 'key-of-one', other: 'key-of-another' };
  const granted = (id: keyof typeof KEYS, projects: readonly string[] | 'any') => ({
    id,
    sha256: createHash('sha256').update(KEYS[id]).digest('hex'),
    regions: ['shared'],
    projects,
    instances: 'any',
    providers: 'any',
  });
  const apiKeys = [granted('all', 'any'), granted('one', [PROJECT]), granted('other', ['project-2'])];
  const withKey = (id: keyof typeof KEYS, headers = {}): Ask => task('shared', { 'x-api-key': KEYS[id], ...headers });
  beforeEach(() => start({ access: { mode: 'apiKey', apiKeys } }));

  it('with the right to the task: share one result and one fetch', async () => {
    const [all, one] = [volley([replica], 3, withKey('all')), volley([replica], 3, withKey('one'))];
    await Promise.all([all.arrived, one.arrived]);
    await callsAre(1);
    gate.open();
    const replies = [...(await all.replies), ...(await one.replies)];
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect((await replica.ask(withKey('one'))).body).toMatchObject({ source: 'cache' });
    expect(cloud.calls).toHaveLength(1);
  });

  it.each([
    ['plain', {}],
    ['of the cache', { 'cache-control': 'only-if-cached' }],
    ['that insists', { 'cache-control': 'no-cache' }],
    ['for anything new', { 'if-none-match': '*' }],
  ])('without the right to the task: the same 403, stored or not: %s', async (_name, headers) => {
    const missing = await replica.ask(withKey('other', headers));
    gate.open();
    await replica.ask(withKey('all'));
    const stored = await replica.ask(withKey('other', headers));
    for (const reply of [missing, stored]) {
      expect([reply.status, codeOf(reply)]).toEqual([403, 'PERMISSION_DENIED']);
      expect([reply.headers.etag, reply.headers['cache-status']]).toEqual([undefined, undefined]);
    }
    expect(cloud.calls).toHaveLength(1);
  });
});
