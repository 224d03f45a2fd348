import { afterEach, beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { newApiKey } from '../support/api-keys.js';
import { eventually } from '../support/eventually.js';
import { AUDIENCE, newKey, startIssuer } from '../support/issuer.js';
import type { Issuer } from '../support/issuer.js';
import { startCloud, unavailable } from '../sharing/support/cloud.js';
import { startLocal } from '../sharing/support/replicas.js';
import { openStream } from '../support/stream-reader.js';
import { pathOf, referenceOf } from './support/followed-cloud.js';
import { shown, startWaitingCloud } from './support/waiting-cloud.js';
import type { WaitingCloud } from './support/waiting-cloud.js';

const [ONE, OTHER] = [newApiKey('one'), newApiKey('other')];
const [one, other] = [{ 'x-api-key': ONE.key }, { 'x-api-key': OTHER.key }];
const keys = (...entries: readonly object[]) => ({ mode: 'apiKey', apiKeys: entries });
const EXTRA = (cloud: string) => ({
  name: 'extra',
  endpoint: `${cloud}/{service}`,
  credentials: { mode: 'aksk', accessKey: 'access-key', secretKey: '${SECRET_KEY}' },
});

let clouds: WaitingCloud;
afterEach(() => clouds.close());

const start = async (options: Parameters<typeof startWaitingCloud>[0]): Promise<void> => {
  clouds = await startWaitingCloud(options);
};
const kindsOf = (events: readonly { readonly event?: string | undefined }[]) => events.map(({ event }) => event);

describe('a caller whose key is gone', () => {
  it('waits: hears 401; the others go on, and hear of the task', async () => {
    await start({ access: keys(ONE.entry, OTHER.entry) });
    const [lost, kept] = [await clouds.wait(pathOf('task-1'), one), await clouds.wait(pathOf('task-1'), other)];
    expect(clouds.gateway.reload({ access: keys(OTHER.entry) })).toBe(true);
    expect(shown(await lost.reply)).toEqual([401, 'UNAUTHENTICATED', 'wait=50']);
    expect([clouds.waits(), clouds.watched()]).toEqual([1, 1]);
    clouds.say('task-1', 'SUCCESS');
    await clouds.get(pathOf('task-1'), { ...other, 'cache-control': 'no-cache' });
    expect(shown(await kept.reply)[0]).toBe(200);
  });

  it.each([
    ['one task', pathOf('task-1', '/events'), undefined],
    ['several tasks', '/tasks/events', { tasks: [referenceOf('task-1'), referenceOf('task-2')] }],
  ])('follows %s: hears the problem and the end; the others go on', async (_, path, body) => {
    await start({ access: keys(ONE.entry, OTHER.entry) });
    const [lost, kept] = [await clouds.open(path, one, body), await clouds.open(path, other, body)];
    const count = body?.tasks.length ?? 1;
    await Promise.all([lost.data('task', count), kept.data('task', count)]);
    await eventually(() => clouds.watched() === count);
    expect(clouds.gateway.reload({ access: keys(OTHER.entry) })).toBe(true);
    expect(await lost.ended).toBe(true);
    expect(kindsOf(lost.events.slice(count))).toEqual(['problem', 'end']);
    expect((await lost.data('problem'))[0]).toMatchObject({ status: 401, problem: { code: 'UNAUTHENTICATED' } });
    expect(await lost.data('end')).toEqual([{ kind: 'end', reason: 'refused' }]);
    clouds.say('task-1', 'SUCCESS');
    await clouds.get(pathOf('task-1'), { ...other, 'cache-control': 'no-cache' });
    expect(await kept.data('task', count + 1)).toContainEqual(
      expect.objectContaining({ task: expect.objectContaining({ id: 'task-1', done: true }) as unknown }),
    );
  });

  it('was about to wait: hears 401, too', async () => {
    await start({ access: keys(ONE.entry, OTHER.entry) });
    let answer: (() => void) | undefined;
    clouds.cloud.behave(
      ({ id }) =>
        new Promise((resolve) => {
          answer = () => resolve({ status: 200, body: { job_id: id, status: 'RUNNING', job_type: 'x', entities: {} } });
        }),
    );
    const reply = clouds.get(pathOf('task-1'), { ...one, prefer: 'wait=50' });
    await eventually(() => answer !== undefined);
    expect(clouds.gateway.reload({ access: keys(OTHER.entry) })).toBe(true);
    answer?.();
    expect(shown(await reply)).toEqual([401, 'UNAUTHENTICATED', 'wait=50']);
  });
});

it('a key that is gone while nobody can tell whose a task of its stream is: the problem at the next try', async () => {
  const cloud = await startCloud(() => unavailable, true);
  clouds = await startWaitingCloud();
  const gateway = await startLocal({ cloud: cloud.url, access: keys(ONE.entry, OTHER.entry) });
  const reader = await openStream(gateway.port, {
    method: 'POST',
    path: '/tasks/events',
    headers: { ...one, 'content-type': 'application/json', 'x-auth-token': 'token-of-alice' },
    body: JSON.stringify({ tasks: [{ provider: 'ims', id: 'task-1', region: 'own' }] }),
  });
  try {
    await reader.data('problem');
    expect(gateway.reload({ access: keys(OTHER.entry) })).toBe(true);
    expect(await reader.ended).toBe(true);
    expect((await reader.data('problem', 2))[1]).toMatchObject({ status: 401, problem: { code: 'UNAUTHENTICATED' } });
  } finally {
    reader.close();
    await gateway.close();
    await cloud.close();
  }
});

describe('a caller who has lost a right', () => {
  const narrow = { ...ONE.entry, regions: ['own'] };

  it('waits: hears 403', async () => {
    await start({ access: keys(ONE.entry) });
    const { reply } = await clouds.wait(pathOf('task-1'), one);
    expect(clouds.gateway.reload({ access: keys(narrow) })).toBe(true);
    expect(shown(await reply)).toEqual([403, 'PERMISSION_DENIED', 'wait=50']);
  });

  it('follows one task: hears the problem, and that it is refused', async () => {
    await start({ access: keys(ONE.entry) });
    const reader = await clouds.open(pathOf('task-1', '/events'), one);
    await reader.data('task');
    expect(clouds.gateway.reload({ access: keys(narrow) })).toBe(true);
    expect(await reader.ended).toBe(true);
    expect(kindsOf(reader.events)).toEqual(['task', 'problem', 'end']);
    expect(await reader.data('end')).toEqual([{ kind: 'end', reason: 'refused' }]);
  });

  it('follows several: goes on with those that are left', async () => {
    await start({ access: keys({ ...ONE.entry, projects: 'any' }) });
    const tasks = [referenceOf('task-1'), { ...referenceOf('task-2'), projectId: 'project-2' }];
    const reader = await clouds.open('/tasks/events', one, { tasks });
    await reader.data('task', 2);
    await eventually(() => clouds.watched() === 2);
    expect(clouds.gateway.reload({ access: keys({ ...ONE.entry, projects: ['project-2'] }) })).toBe(true);
    expect((await reader.data('problem'))[0]).toMatchObject({ status: 403, ref: { id: 'task-1' } });
    expect(clouds.watched()).toBe(1);
    expect(kindsOf(reader.events)).toEqual(['task', 'task', 'problem']);
  });
});

it('a region that is gone: who waits there hears what a new request would; others go on', async () => {
  await start({ access: { mode: 'open' } });
  clouds.gateway.reload({ regions: [EXTRA(clouds.cloud.url)] });
  const [lost, kept] = [await clouds.wait(pathOf('task-1', '', 'extra')), await clouds.wait(pathOf('task-1'))];
  expect(clouds.gateway.reload({})).toBe(true);
  expect(shown(await lost.reply)).toEqual([400, 'VALIDATION_FAILED', 'wait=50']);
  expect(shown(await clouds.get(pathOf('task-1', '', 'extra')))).toEqual([400, 'VALIDATION_FAILED']);
  expect(clouds.waits()).toBe(1);
  kept.hangUp();
});

it('a request under way in a region that is gone: ends as it began', async () => {
  await start({ access: { mode: 'open' } });
  clouds.gateway.reload({ regions: [EXTRA(clouds.cloud.url)] });
  let answer: (() => void) | undefined;
  clouds.cloud.behave(
    ({ id }) =>
      new Promise((resolve) => {
        answer = () => resolve({ status: 200, body: { job_id: id, status: 'SUCCESS', job_type: 'x', entities: {} } });
      }),
  );
  const reply = clouds.get(pathOf('task-1', '', 'extra'));
  await eventually(() => answer !== undefined);
  expect(clouds.gateway.reload({})).toBe(true);
  answer?.();
  expect((await reply).status).toBe(200);
});

describe('bearer tokens', () => {
  let issuer: Issuer;
  beforeAll(async () => {
    issuer = await startIssuer();
  });
  afterAll(() => issuer.close());

  const claims = { regions: 'any', projects: 'projects', instances: 'any', providers: 'any' };
  const jwt = (more: object = {}) => ({
    mode: 'jwt',
    jwt: { issuer: issuer.url, audience: AUDIENCE, claims, ...more },
  });
  const bearing = async () => ({
    authorization: `Bearer ${await issuer.token({ claims: { projects: ['project-1'], teams: ['project-2'] } })}`,
  });

  it.each<[string, () => Readonly<Record<string, unknown>>, readonly unknown[]]>([
    ['of an audience that is not meant any more', () => jwt({ audience: 'others' }), [401, 'UNAUTHENTICATED']],
    ['of an algorithm that is not allowed any more', () => jwt({ algorithms: ['ES256'] }), [401, 'UNAUTHENTICATED']],
    ['whose keys come from elsewhere', () => jwt({ jwksUrl: issuer.jwksUrl }), [401, 'UNAUTHENTICATED']],
    [
      'whose rights are in another claim',
      () => jwt({ claims: { ...claims, projects: 'teams' } }),
      [403, 'PERMISSION_DENIED'],
    ],
    ['whose tenant has to be named', () => jwt({ claims: { ...claims, tenant: 'tid' } }), [401, 'UNAUTHENTICATED']],
  ])('%s: who waits hears it', async (_, changed, expected) => {
    await start({ access: jwt() });
    const { reply } = await clouds.wait(pathOf('task-1'), await bearing());
    expect(clouds.gateway.reload({ access: changed() })).toBe(true);
    expect(shown(await reply)).toEqual([...expected, 'wait=50']);
  });

  it('whose tenant another claim names: are those of somebody else', async () => {
    await start({ access: jwt({ claims: { ...claims, tenant: 'tid' } }) });
    const token = await issuer.token({ claims: { projects: ['project-1'], tid: 't1', org: 't2' } });
    const { reply } = await clouds.wait(pathOf('task-1'), { authorization: `Bearer ${token}` });
    expect(clouds.gateway.reload({ access: jwt({ claims: { ...claims, tenant: 'org' } }) })).toBe(true);
    expect(shown(await reply)).toEqual([401, 'UNAUTHENTICATED', 'wait=50']);
  });

  it('that are as good as before: their callers go on, and keys are not fetched again', async () => {
    await start({ access: jwt() });
    const headers = await bearing();
    const { reply } = await clouds.wait(pathOf('task-1'), headers);
    issuer.asked.length = 0;
    const changed = jwt({
      clockToleranceSeconds: 7,
      claims: { ...claims, regions: 'any' },
      algorithms: ['ES256', 'RS256'],
    });
    expect(clouds.gateway.reload({ access: changed })).toBe(true);
    expect(clouds.waits()).toBe(1);
    clouds.say('task-1', 'SUCCESS');
    await clouds.get(pathOf('task-1'), { ...headers, 'cache-control': 'no-cache' });
    expect((await reply).status).toBe(200);
    expect(issuer.asked).toEqual([]);
  });

  it('of another key: need that to be published, before and after', async () => {
    await start({ access: jwt() });
    const key = await newKey('second');
    expect(clouds.gateway.reload({ access: jwt({ clockToleranceSeconds: 7 }) })).toBe(true);
    issuer.keys = [...issuer.keys, key];
    const token = await issuer.token({ key, claims: { projects: ['project-1'] } });
    expect((await clouds.get(pathOf('task-1'), { authorization: `Bearer ${token}` })).status).toBe(200);
  });
});
