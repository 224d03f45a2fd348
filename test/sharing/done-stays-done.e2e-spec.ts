import { afterEach, beforeEach, expect } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { PROVIDERS } from '@gateway/providers';
import { eventually } from '../support/eventually.js';
import type { Reply } from '../support/http-client.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { forbidden, running, startCloud, succeeded } from './support/cloud.js';
import type { Cloud } from './support/cloud.js';
import { redisIs, startLocal } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';
import { inside } from '../../libs/cache/src/testing/cache-internals.js';

const { describe, it } = needing('redis-server');
const KEY = new TaskAddress({
  provider: 'ims',
  region: 'own',
  projectId: 'project-1',
  instanceId: null,
  id: 'task-1',
});
const PATH = '/tasks/ims/task-1?region=own&projectId=project-1';
const DONE = { status: 'succeeded', done: true, source: 'cache', pollAfterSeconds: null };
const RUNNING = { status: 'running', done: false, source: 'live' };

let redis: RedisServer;
let cloud: Cloud;
let one: LocalReplica;
let other: LocalReplica;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  redis = await startRedis();
  cleanups.push(redis.stop);
  cloud = await startCloud(succeeded);
  cleanups.push(cloud.close);
  const options = { cloud: cloud.url, redis: redis.url, cache: { unfinishedTtlSeconds: 60 } };
  [one, other] = [await startLocal(options), await startLocal(options)];
  cleanups.push(one.close, other.close);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function ask(replica: LocalReplica, directive = '', token = 'alice'): Promise<Reply> {
  const headers: Record<string, string> = { 'x-auth-token': token };
  if (directive !== '') headers['cache-control'] = directive;
  const reply = await replica.ask({ path: PATH, headers });
  await replica.app.get(TaskCache).settled();
  return reply;
}

describe('a task that is stored as done', () => {
  it.each(['no-cache', 'no-cache, no-store', 'max-age=0'])(
    '%s, cloud that answers from behind: stays done in this process, and the reply says where it is from',
    async (directive) => {
      expect((await ask(one)).body).toMatchObject({ status: 'succeeded', source: 'live' });
      cloud.behave(running);
      // For max-age=0 to be less than its age.
      await eventually(async () => (await ask(one)).headers['age'] !== '0' || directive.startsWith('no-cache'));
      const reply = await ask(one, directive);
      expect(reply.body).toMatchObject(DONE);
      expect(reply.headers['cache-status']).toBe('task-gateway; fwd=request; detail=done-before');
      expect(reply.headers).toHaveProperty('age');
      expect(reply.headers).not.toHaveProperty('retry-after');
      expect(cloud.calls).toHaveLength(1);
      expect((await ask(one)).headers['cache-status']).toContain('; hit');
    },
  );

  it('process that has not seen it, and one that remembers it running: stays done', async () => {
    cloud.behave(running);
    expect((await ask(other)).body).toMatchObject(RUNNING);
    cloud.behave(succeeded);
    expect((await ask(one, 'no-cache')).body).toMatchObject({ status: 'succeeded' });
    cloud.behave(running);
    expect((await ask(other, 'no-cache')).body).toMatchObject(DONE);
    const third = await startLocal({ cloud: cloud.url, redis: redis.url });
    cleanups.push(third.close);
    expect((await ask(third, 'no-cache')).body).toMatchObject(DONE);
  });

  it('process that remembers it running: a message of its end voids that', async () => {
    cloud.behave(running);
    for (const replica of [one, other]) expect((await ask(replica, 'no-cache')).body).toMatchObject(RUNNING);
    cloud.behave(succeeded);
    await ask(one, 'no-cache');
    await eventually(() => inside(other.app.get(TaskCache)).tasks.getLocal(KEY)?.final !== false);
    cloud.behave(running);
    expect((await ask(other)).body).toMatchObject(DONE);
    expect(cloud.calls).toHaveLength(0);
  });

  it('other readers: done for one whom the cloud has just answered, nothing for one that it refuses', async () => {
    expect((await ask(one)).status).toBe(200);
    cloud.behave((call) => (call.token === 'bob' ? running(call) : forbidden));
    for (const replica of [one, other]) {
      const refused = await ask(replica, '', 'carol');
      expect([refused.status, refused.text.includes('succeeded')]).toEqual([403, false]);
      expect((await ask(replica, 'no-cache', 'bob')).body).toMatchObject(DONE);
    }
  });

  it('purged: shown as the cloud says', async () => {
    await ask(one);
    cloud.behave(running);
    await one.app.get(TaskCache).purge({ kind: 'task', address: KEY });
    expect((await ask(one, 'no-cache')).body).toMatchObject(RUNNING);
  });

  it('Redis away: stays done in memory', async () => {
    await ask(one);
    await redis.stop();
    await redisIs('down', one);
    cloud.behave(running);
    expect((await ask(one, 'no-cache')).body).toMatchObject(DONE);
  });

  it('provider that declares that tasks live again: kept for that time, and gives way', async () => {
    const ims = PROVIDERS.find(({ id }) => id === 'ims') as { doneTtlSeconds?: number };
    ims.doneTtlSeconds = 30;
    cleanups.push(() => delete ims.doneTtlSeconds);
    await ask(one);
    const { freshUntil = 0 } = (await inside(other.app.get(TaskCache)).tasks.getCached(KEY)) ?? {};
    expect(freshUntil - Date.now()).toBeLessThanOrEqual(30_000);
    expect((await ask(one)).body).toMatchObject(DONE);
    cloud.behave(running);
    expect((await ask(one, 'no-cache')).body).toMatchObject(RUNNING);
    expect((await ask(one)).body).toMatchObject({ status: 'running', source: 'cache' });
  });
});
