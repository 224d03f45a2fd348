import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { Redis } from 'ioredis';
import { OperationsListener } from '../../apps/gateway/src/operations/operations-listener.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { send } from '../support/http-client.js';
import type { Reply } from '../support/http-client.js';
import { needing } from '../support/needing.js';
import { PATIENCE, startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { PROJECT, REGION, taskIn } from '../support/tasks.js';

const { describe, it } = needing('redis-server');
const TOKEN = 'operator-token-of-32-characters-!';
const IMAGE = 'ff8080814dbd65d7014dbe0d84db0013';
const SCOPE = `?region=${REGION}&projectId=${PROJECT}`;

let redis: RedisServer;
let gateway: Gateway;
let other: Gateway;
beforeAll(async () => {
  redis = await startRedis();
  const config = {
    admin: { port: 0, token: '${ADMIN_TOKEN}' },
    cache: { redis: { kind: 'standalone', url: redis.url, ...PATIENCE } },
  };
  gateway = await startGateway({ config, secrets: { ADMIN_TOKEN: TOKEN } });
  other = await startGateway({ config, secrets: { ADMIN_TOKEN: TOKEN }, simulator: gateway.simulator });
  for (const { app } of [gateway, other]) await until(async () => app.get(TaskCache).health().redis === 'up');
});
afterAll(async () => {
  await other.close();
  await gateway.close();
  await redis.stop();
});
beforeEach(() => gateway.simulator.control.clearRequests());

const portAt = ({ app }: Gateway): number => app.get(OperationsListener).address()?.port ?? 0;

function ask(path: string, { token = TOKEN, method = 'DELETE', at = gateway } = {}): Promise<Reply> {
  return send(portAt(at), { method, path, headers: token === '' ? {} : { authorization: `Bearer ${token}` } });
}

/** Reads a task everywhere, so that every memory has it. */
async function warmUp(path: string): Promise<void> {
  for (const each of [gateway, other]) await each.get(path);
}

const sourceAt = async (at: Gateway, path: string): Promise<string> => taskIn(await at.get(path)).source;

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a purge', () => {
  it.each([
    ['of a task', `/admin/cache/tasks/ims/${IMAGE}${SCOPE}`],
    ['of a task, with configured defaults', `/admin/cache/tasks/ims/${IMAGE}`],
    ['of a scope', `/admin/cache/scopes/ims${SCOPE}`],
    ['of a provider', '/admin/cache/providers/ims'],
  ])('%s: void here at once, and in other replicas soon', async (_, path) => {
    const task = `/tasks/ims/${IMAGE}`;
    await warmUp(task);
    await warmUp('/tasks/dms/8abfa7b272adc5b40172b73130065ae7');
    const reply = await ask(path);
    expect([reply.status, reply.body]).toEqual([200, { purged: expect.anything(), everywhere: true }]);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(await sourceAt(gateway, task)).toBe('live');
    // Its memory is void; what the first one has stored since is not.
    await until(async () => (await other.get(task, { 'cache-control': 'only-if-cached' })).status === 200);
    expect(await sourceAt(gateway, '/tasks/dms/8abfa7b272adc5b40172b73130065ae7')).toBe('cache');
  });

  it('of one task: the others stay', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'ims' });
    await warmUp(`/tasks/ims/${id}`);
    await ask(`/admin/cache/tasks/ims/${IMAGE}`);
    expect(await sourceAt(gateway, `/tasks/ims/${id}`)).toBe('cache');
  });

  it('fetch under way: does not undo it', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'ims' });
    gateway.simulator.control.putFault('ims', { kind: 'latency', ms: 100 });
    const asking = gateway.get(`/tasks/ims/${id}`);
    await until(async () => gateway.asked().length > 0);
    await ask(`/admin/cache/tasks/ims/${id}`);
    const reply = await asking;
    gateway.simulator.control.clearFaults();
    expect(reply.headers['cache-status']).toBe('task-gateway; fwd=uri-miss');
    expect(await sourceAt(gateway, `/tasks/ims/${id}`)).toBe('live');
  });

  it('done: one audit line', async () => {
    const before = gateway.logs.length;
    await ask(`/admin/cache/providers/ims`);
    await ask(`/admin/cache/providers/ims`, { token: 'x'.repeat(32) });
    const lines = gateway.logs
      .slice(before)
      .map((line) => JSON.parse(line) as object)
      .filter((line) => 'audit' in line);
    expect(lines).toEqual([
      expect.objectContaining({ audit: 'purge', target: { kind: 'provider', provider: 'ims' }, isEverywhere: true }),
      expect.objectContaining({
        audit: 'admin',
        method: 'DELETE',
        route: '/admin/cache/providers/:provider',
        status: 200,
      }),
      expect.objectContaining({ audit: 'admin', status: 401, from: '127.0.0.1' }),
    ]);
    expect(gateway.logs.join('')).not.toContain(TOKEN);
  });
});

describe('with a Redis that takes no writes', () => {
  it('purge: reaches the others, and its reply says that it is not kept', async () => {
    const task = `/tasks/ims/${IMAGE}`;
    await warmUp(task);
    const admin = new Redis(redis.url);
    await admin.config('SET', 'maxmemory', '1');
    try {
      const reply = await ask('/admin/cache/providers/ims');
      expect([reply.status, reply.body]).toMatchObject([202, { everywhere: false }]);
      await until(async () => (await other.get(task, { 'cache-control': 'only-if-cached' })).status === 504);
    } finally {
      await admin.config('SET', 'maxmemory', '0');
      admin.disconnect();
    }
  });
});

describe('without Redis', () => {
  it('purge: done here, and its reply says so', async () => {
    const lost = await startRedis();
    const config = {
      admin: { port: 0, token: '${ADMIN_TOKEN}' },
      cache: { redis: { kind: 'standalone', url: lost.url, ...PATIENCE } },
    };
    const alone = await startGateway({ config, secrets: { ADMIN_TOKEN: TOKEN } });
    await alone.get(`/tasks/ims/${IMAGE}`);
    await lost.stop();
    const reply = await ask('/admin/cache/providers/ims', { at: alone });
    expect([reply.status, reply.body]).toMatchObject([202, { everywhere: false }]);
    expect(await sourceAt(alone, `/tasks/ims/${IMAGE}`)).toBe('live');
    await alone.close();
  });
});
