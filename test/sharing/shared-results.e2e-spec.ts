import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import type { Ask, Reply } from '../support/http-client.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { eventually } from '../support/eventually.js';
import { closedGate, secretOf, startCloud } from './support/cloud.js';
import type { Cloud } from './support/cloud.js';
import { startLocal } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';
import { byRights } from './support/rights.js';

const { describe, it } = needing('redis-server');
const PROJECT = 'project-1';
/** Alice and Carol may read the project, Bob may not; what he asks for first differs, so that he cannot learn by it either. */
const RIGHTS = { alice: [PROJECT], carol: [PROJECT], bob: ['project-2'] };

let redis: RedisServer;
let cloud: Cloud;
let replicas: readonly [LocalReplica, LocalReplica];
beforeAll(async () => {
  redis = await startRedis();
  cloud = await startCloud(byRights(RIGHTS));
  const options = { cloud: cloud.url, redis: redis.url };
  replicas = [await startLocal(options), await startLocal(options)];
});
afterAll(async () => {
  for (const replica of replicas) await replica.close();
  await cloud.close();
  await redis.stop();
});

let tasks = 0;
let id: string;
beforeEach(() => {
  tasks += 1;
  id = `task-${tasks}`;
  cloud.behave(byRights(RIGHTS));
});

const EXPORT = { instanceId: 'instance-1' };
/** Another instance for each test: another scope, of which nobody has a proof. */
const scope = (): string => `region=own&projectId=${PROJECT}&instanceId=${EXPORT.instanceId}-${tasks}`;
const pathOf = (task = id, more = ''): string => `/tasks/apig/${task}${more}?${scope()}`;
const as = (token: string, what: Ask): Ask => ({ ...what, headers: { ...what.headers, 'x-auth-token': token } });
const howFound = ({ status, headers, body }: Reply): readonly unknown[] => [
  status,
  (body as { source?: string }).source,
  String(headers['cache-status']).replace(/=\d+$/, ''),
];
/** Headers that only come with an answer about a task. */
const TELLING = new Set(['etag', 'age', 'cache-status', 'content-disposition']);
const MISSING = { status: 404, body: { error_code: 'APIG.3093', error_msg: 'no such task' } };
const HIT = [200, 'cache', 'task-gateway; hit; ttl'];
const LIVE = [200, 'live', 'task-gateway; fwd=uri-miss; stored'];
const batch = (task: string): Ask => ({
  method: 'POST',
  path: '/tasks/batch-get',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    tasks: [
      { provider: 'apig', id: task, region: 'own', projectId: PROJECT, instanceId: `${EXPORT.instanceId}-${tasks}` },
    ],
  }),
});

describe('what one token brought', () => {
  it('its bearer: every form, fetched once', async () => {
    const [first, second] = replicas;
    const live = await first.ask(as('alice', { path: pathOf() }));
    expect(howFound(live)).toEqual(LIVE);
    const etag = String(live.headers.etag);
    for (const replica of [first, second]) {
      expect(howFound(await replica.ask(as('alice', { path: pathOf() })))).toEqual(HIT);
      const known = await replica.ask(as('alice', { path: pathOf(), headers: { 'if-none-match': etag } }));
      expect([known.status, known.headers.etag]).toEqual([304, etag]);
      const head = await replica.ask(as('alice', { method: 'HEAD', path: pathOf() }));
      expect([head.status, head.headers.etag]).toEqual([200, etag]);
      const file = await replica.ask(as('alice', { path: pathOf(id, '/artifact') }));
      expect([file.status, file.body]).toEqual([200, { swagger: secretOf(PROJECT) }]);
      const item = await replica.ask(as('alice', batch(id)));
      expect(item.body).toMatchObject({ items: [{ status: 200, etag }] });
      const basic = await replica.ask(as('alice', { path: `${pathOf()}&view=basic` }));
      expect(howFound(basic)).toEqual(HIT);
      expect([basic.text.includes(secretOf(PROJECT)), basic.headers.etag === etag]).toEqual([false, false]);
      const only = await replica.ask(as('alice', { path: pathOf(), headers: { 'cache-control': 'only-if-cached' } }));
      expect(howFound(only)).toEqual(HIT);
    }
    expect(cloud.calls).toHaveLength(1);
  });

  it.each<[string, (etag: string) => Ask, number]>([
    ['read', () => ({ path: pathOf() }), 403],
    ['revalidation', (etag) => ({ path: pathOf(), headers: { 'if-none-match': etag } }), 403],
    ['revalidation of anything', () => ({ path: pathOf(), headers: { 'if-none-match': '*' } }), 403],
    ['HEAD', (etag) => ({ method: 'HEAD', path: pathOf(), headers: { 'if-none-match': etag } }), 403],
    ['download', () => ({ path: pathOf(id, '/artifact') }), 403],
    ['view', () => ({ path: `${pathOf()}&view=basic` }), 403],
    ['look at the cache', () => ({ path: pathOf(), headers: { 'cache-control': 'only-if-cached' } }), 504],
    ['reload', () => ({ path: pathOf(), headers: { 'cache-control': 'no-cache' } }), 403],
    ['acceptance of any age', () => ({ path: pathOf(), headers: { 'cache-control': 'max-age=9999' } }), 403],
    ['batch', () => batch(id), 207],
  ])('caller whom the cloud refuses: not shown: %s', async (_name, forge, status) => {
    const { headers } = await replicas[0].ask(as('alice', { path: pathOf() }));
    const etag = String(headers.etag);
    for (const replica of replicas) {
      // Before the refusal is remembered, and afterwards.
      for (let time = 0; time < 2; time += 1) {
        const reply = await replica.ask(as('bob', forge(etag)));
        expect(reply.status).toBe(status);
        expect(JSON.stringify([reply.text, reply.headers])).not.toContain(secretOf(PROJECT));
        expect(Object.keys(reply.headers).filter((name) => TELLING.has(name))).toEqual([]);
        if (status === 207) expect(reply.body).toMatchObject({ items: [{ status: 403 }] });
      }
    }
  });

  it.each<[string, () => Ask]>([
    ['HEAD', () => ({ method: 'HEAD', path: pathOf() })],
    ['download', () => ({ path: pathOf(id, '/artifact') })],
    ['read', () => ({ path: pathOf() })],
  ])('negative entry of its bearer before: not hidden: %s', async (_name, forge) => {
    const [first, second] = replicas;
    // A proof of the scope, and then of a task that is not there yet.
    await second.ask(as('alice', { path: pathOf(`${id}-another`) }));
    cloud.behave(() => MISSING);
    expect((await second.ask(as('alice', { path: pathOf() }))).status).toBe(404);
    cloud.behave(byRights(RIGHTS));
    await first.ask(as('alice', { path: pathOf(), headers: { 'cache-control': 'no-cache' } }));
    await first.app.get(TaskCache).settled();
    expect((await second.ask(as('alice', forge()))).status).toBe(200);
  });

  it('caller who must not see it: the same reply, stored or not', async () => {
    await replicas[0].ask(as('alice', { path: pathOf() }));
    const words = async (task: string, headers = {}): Promise<unknown> => {
      const { status, body, headers: received } = await replicas[0].ask(as('bob', { path: pathOf(task), headers }));
      const { instance: _i, requestId: _r, ...rest } = body as Record<string, unknown>;
      return { status, rest, names: Object.keys(received).toSorted() };
    };
    for (const headers of [{}, { 'cache-control': 'only-if-cached' }, { 'cache-control': 'no-cache' }])
      expect(await words(id, headers)).toEqual(await words(`${id}-never-asked-about`, headers));
  });

  it('another caller after one fetch of its own: shown, and so is everything else in the scope', async () => {
    const others = [1, 2, 3].map((number) => `${id}-${number}`);
    for (const task of [id, ...others]) await replicas[0].ask(as('alice', { path: pathOf(task) }));
    cloud.behave(byRights(RIGHTS));
    expect(howFound(await replicas[0].ask(as('carol', { path: pathOf() })))).toEqual(LIVE);
    expect(cloud.calls.map(({ token }) => token)).toEqual(['carol']);
    for (const replica of replicas)
      for (const task of [id, ...others])
        expect(howFound(await replica.ask(as('carol', { path: pathOf(task) })))).toEqual(HIT);
    expect(cloud.calls).toHaveLength(1);
    // The proof is of this instance, and of no other.
    const elsewhere = pathOf().replace(/instance-1-\d+/, `another-${tasks}`);
    expect(howFound(await replicas[0].ask(as('carol', { path: elsewhere })))).toEqual(LIVE);
    expect(cloud.calls).toHaveLength(2);
  });
});

describe('fetch under way', () => {
  it('another token: a fetch of its own, and each gets its own answer', async () => {
    const gate = closedGate();
    cloud.behave(async (call) => {
      if (call.token === 'alice') await gate.opened;
      return byRights(RIGHTS)(call);
    });
    const alice = replicas[0].ask(as('alice', { path: pathOf() }));
    await eventually(() => cloud.calls.length === 1);
    for (const replica of replicas) {
      expect((await replica.ask(as('bob', { path: pathOf() }))).status).toBe(403);
      expect((await replica.ask(as('mallory', { path: pathOf() }))).status).toBe(401);
      expect((await replica.ask(as('carol', { path: pathOf() }))).status).toBe(200);
    }
    gate.open();
    expect(howFound(await alice)).toEqual([200, 'live', expect.stringMatching(/fwd=uri-miss(; stored)?$/)]);
  });

  it.each([
    ['403', 'bob', 403],
    ['401', 'mallory', 401],
  ])('%s to one token: not shared with another', async (_name, token, status) => {
    const gate = closedGate();
    cloud.behave(async (call) => {
      if (call.token === token) await gate.opened;
      return byRights(RIGHTS)(call);
    });
    const refused = replicas[0].ask(as(token, { path: pathOf() }));
    await eventually(() => cloud.calls.length === 1);
    const asking = replicas.map((replica) => replica.ask(as('alice', { path: pathOf() })));
    for (const reply of await Promise.all(asking)) expect(reply.status).toBe(200);
    gate.open();
    expect((await refused).status).toBe(status);
    expect(howFound(await replicas[0].ask(as('alice', { path: pathOf() })))).toEqual(HIT);
  });
});
