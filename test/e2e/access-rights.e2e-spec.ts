import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { providersOn } from '../support/providers-on.js';
import { newApiKey } from '../support/api-keys.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import type { Reply } from '../support/http-client.js';
import { expectProblem, problemBody } from '../support/problems.js';
import { APIG_INSTANCE, DMS_INSTANCE, PROJECT, REGION, taskIn } from '../support/tasks.js';

const OWN = 'eu-own-1';
const SECOND_PROJECT = '5f3a8e0d7c1b4e6f9a2d4c8b1e7f6a35';
const IMAGE = { provider: 'ims', id: 'ff8080814dbd65d7014dbe0d84db0013' };
const IMPORT = { provider: 'apig', id: 'd9ce8c9eede54b3f841ec324fe0bfdc2' };
const ADDRESS = { provider: 'dms', id: '8abfa7b272adc5b40172b73130065ae7' };
const MISSING = { provider: 'ims', id: '00000000000000000000000000000000' };
const DENIED = 'Your credentials do not allow asking about tasks of this provider in this scope.';

const all = newApiKey('all');
const images = newApiKey('images', { regions: [REGION], projects: [PROJECT], providers: ['ims'] });
const elsewhere = newApiKey('elsewhere', { projects: [SECOND_PROJECT] });
const instance = newApiKey('instance', { instances: [DMS_INSTANCE] });
const ownRegion = newApiKey('own-region', { regions: [OWN], projects: [SECOND_PROJECT], providers: ['ims'] });

let gateway: Gateway;
beforeAll(async () => {
  const addresses = { iam: '${SIMULATOR_URL}/iam', endpoint: '${SIMULATOR_URL}/{service}' };
  const login = { mode: 'password', domain: 'demo', user: 'demo', password: '${SIMULATOR_PASSWORD}' };
  const regions = [
    { name: REGION, ...addresses, credentials: login },
    { name: OWN, ...addresses, credentials: { mode: 'passthrough' } },
  ];
  const providers = [
    { id: 'apig', region: REGION, projectId: PROJECT, instanceId: APIG_INSTANCE },
    { id: 'ims', region: REGION, projectId: PROJECT },
    { id: 'dms', region: REGION, projectId: PROJECT, instanceId: DMS_INSTANCE },
  ];
  const apiKeys = [all, images, elsewhere, instance, ownRegion].map(({ entry }) => entry);
  gateway = await startGateway({ config: { regions, providers, access: { mode: 'apiKey', apiKeys } } });
  // Stored before anybody tries to get at it.
  for (const { provider, id } of [IMAGE, IMPORT, ADDRESS])
    expect((await ask(all, `/tasks/${provider}/${id}`)).status).toBe(200);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.control.clearRequests());

const ask = ({ key }: { readonly key: string }, path: string, headers = {}): Promise<Reply> =>
  gateway.get(path, { 'x-api-key': key, ...headers });
const pathOf = ({ provider, id }: { readonly provider: string; readonly id: string }): string =>
  `/tasks/${provider}/${id}`;
const token = (projectId: string): string =>
  gateway.simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId });

/** Everything that a caller sees, but for what names the request. */
function seen({ status, headers, text }: Reply): unknown {
  const { 'x-request-id': id = '', traceparent: _trace, date: _date, ...rest } = headers;
  return { status, headers: rest, text: text.replaceAll(String(id), 'ID') };
}

describe('a caller without the right', () => {
  it.each([
    ['project', elsewhere, IMAGE, MISSING],
    ['region', ownRegion, IMAGE, MISSING],
    ['provider', images, ADDRESS, { ...ADDRESS, id: 'ffffffffffffffffffffffffffffffff' }],
    ['instance', instance, IMPORT, { ...IMPORT, id: '00000000000000000000000000000000' }],
  ] as const)('to its %s: the same reply for a task and for none, stored or not', async (_, key, existing, missing) => {
    const headers = [
      {},
      { 'cache-control': 'no-cache' },
      { 'cache-control': 'only-if-cached' },
      { 'if-none-match': '*' },
    ];
    const replies = await Promise.all(
      headers.flatMap((more) => [existing, missing].map((task) => ask(key, pathOf(task), more))),
    );
    for (const reply of replies) {
      expectProblem(gateway, reply, 'permission-denied', { provider: existing.provider, detail: DENIED });
      expect(seen(reply)).toEqual(seen(replies[0] as Reply));
      expect(reply.headers).not.toHaveProperty('cache-status');
    }
    expectProblem(gateway, await ask(key, `${pathOf(existing)}/artifact`), 'permission-denied', {
      provider: existing.provider,
      detail: DENIED,
    });
    expect(gateway.simulator.control.requests()).toEqual([]);
  });

  it('wrong request: its violations come first', async () => {
    expect((await ask(elsewhere, '/tasks/nowhere/x')).status).toBe(404);
    expect((await ask(elsewhere, '/tasks/ims/..%2f')).status).toBe(400);
    expect((await ask(elsewhere, `${pathOf(IMAGE)}?region=moon`)).status).toBe(400);
  });

  it('another spelling of the scope: 403 as well', async () => {
    for (const projectId of [PROJECT.toUpperCase(), `${PROJECT}0`]) {
      const reply = await ask(images, `${pathOf(IMAGE)}?projectId=${projectId}`);
      expectProblem(gateway, reply, 'permission-denied', { provider: 'ims', detail: DENIED });
    }
  });
});

describe('a caller with the right', () => {
  it('task that another fetched: read from the cache', async () => {
    expect(taskIn(await ask(images, pathOf(IMAGE))).source).toBe('cache');
    expect(taskIn(await ask(instance, pathOf(ADDRESS))).source).toBe('cache');
  });

  it('to some instances, provider without instances: reads', async () => {
    expect(taskIn(await ask(instance, pathOf(IMAGE))).status).toBe('succeeded');
  });
});

describe('a batch', () => {
  it('items without the right: a problem each', async () => {
    const tasks = [ADDRESS, IMAGE, { ...IMAGE, region: OWN }, MISSING, { ...IMAGE, projectId: SECOND_PROJECT }];
    const reply = await gateway.post('/tasks/batch-get', { tasks }, { 'x-api-key': images.key });
    const denied = (provider: string): unknown => ({
      status: 403,
      problem: problemBody(gateway.url, 'permission-denied', { provider, detail: DENIED }),
    });
    expect(reply.status).toBe(207);
    expect(reply.body).toMatchObject({
      items: [denied('dms'), { status: 200 }, denied('ims'), { status: 404 }, denied('ims')],
    });
    expect(gateway.asked()).toEqual([`/ims/v1/${PROJECT}/jobs/${MISSING.id}`]);
  });

  it('unknown caller: refused as a whole', async () => {
    const reply = await gateway.post('/tasks/batch-get', { tasks: [IMAGE] });
    expectProblem(gateway, reply, 'unauthenticated', { detail: 'Send your key as X-API-Key.' });
  });
});

describe('the project of a cloud token', () => {
  const path = `${pathOf(IMAGE)}?region=${OWN}`;

  it('caller without the right to the region: the identity service is not asked', async () => {
    const reply = await ask(images, path, { 'x-auth-token': token(PROJECT) });
    expectProblem(gateway, reply, 'permission-denied', { provider: 'ims', detail: DENIED });
    expect(gateway.simulator.control.requests()).toEqual([]);
  });

  it('caller without the right to the provider: the identity service is not asked', async () => {
    const reply = await ask(ownRegion, `${pathOf(ADDRESS)}?region=${OWN}&instanceId=${DMS_INSTANCE}`, {
      'x-auth-token': token(SECOND_PROJECT),
    });
    expectProblem(gateway, reply, 'permission-denied', { provider: 'dms', detail: DENIED });
    expect(gateway.simulator.control.requests()).toEqual([]);
  });

  it('outside the rights of the caller: 403', async () => {
    const reply = await ask(ownRegion, path, { 'x-auth-token': token(PROJECT) });
    expectProblem(gateway, reply, 'permission-denied', { provider: 'ims', detail: DENIED });
    expect(gateway.simulator.control.requests().map(({ service }) => service)).toEqual(['iam']);
    expect(taskIn(await ask(ownRegion, path, { 'x-auth-token': token(SECOND_PROJECT) })).scope).toMatchObject({
      region: OWN,
      projectId: SECOND_PROJECT,
    });
  });

  it('configured default: replaced, and it counts', async () => {
    const region = { name: OWN, iam: '${SIMULATOR_URL}/iam', endpoint: '${SIMULATOR_URL}/{service}' };
    const config = {
      regions: [{ ...region, credentials: { mode: 'passthrough' } }],
      providers: [{ id: 'ims', projectId: PROJECT }],
      access: { mode: 'apiKey', apiKeys: [ownRegion.entry] },
    };
    const other = await startGateway({ simulator: gateway.simulator, config });
    const headers = { 'x-api-key': ownRegion.key, 'x-auth-token': token(SECOND_PROJECT) };
    const reply = await other.get(pathOf(IMAGE), headers);
    await other.close();
    expect(taskIn(reply).scope.projectId).toBe(SECOND_PROJECT);
  });

  it('another one named: 403', async () => {
    const reply = await ask(ownRegion, `${path}&projectId=${PROJECT}`, { 'x-auth-token': token(PROJECT) });
    expectProblem(gateway, reply, 'permission-denied', { provider: 'ims', detail: DENIED });
    expect(gateway.simulator.control.requests()).toEqual([]);
  });

  it('key without a token: 401', async () => {
    const reply = await ask(ownRegion, path);
    expectProblem(gateway, reply, 'unauthenticated', { provider: 'ims' });
    expect(reply.headers['www-authenticate']).toBe('X-Auth-Token realm="task-gateway"');
  });
});

describe('the list of providers', () => {
  const listed = ({ body }: Reply): unknown =>
    (body as { providers: { id: string; regions: { name: string }[] }[] }).providers.map(({ id, regions }) => [
      id,
      regions.map(({ name }) => name),
    ]);

  it('caller with some rights: only those providers', async () => {
    expect(listed(await ask(images, '/providers'))).toEqual([['ims', [REGION]]]);
    expect(listed(await ask(all, '/providers'))).toEqual(providersOn().map(({ id }) => [id, [REGION, OWN]]));
    expect((await ask(images, '/providers/ims')).body).toMatchObject({ id: 'ims', regions: [{ name: REGION }] });
    expectProblem(gateway, await ask(images, '/providers/dms'), 'permission-denied', {
      provider: 'dms',
      detail: 'Your credentials do not allow asking about tasks of this provider.',
    });
    expect((await ask(images, '/providers/nowhere')).status).toBe(404);
  });
});
