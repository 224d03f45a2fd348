import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { PROVIDERS } from '@gateway/providers';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { needing } from '../support/needing.js';
import { PATIENCE, freePort, startRedis } from '../support/redis-server.js';
import { REGION, regionsOf, taskIn } from '../support/tasks.js';

const withRedis = needing('redis-server');
const TASK = '/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function gatewayWith(config: Readonly<Record<string, unknown>>): Promise<Gateway> {
  const gateway = await startGateway({ simulator, config });
  cleanups.push(gateway.close);
  return gateway;
}

const redisAt = (url: string): Readonly<Record<string, unknown>> => ({
  cache: { redis: { kind: 'standalone', url, ...PATIENCE } },
});

async function until(gateway: Gateway, state: 'up' | 'down'): Promise<void> {
  while (gateway.app.get(TaskCache).health().redis !== state) await new Promise((resolve) => setTimeout(resolve, 5));
}

function ready(redis: string, degraded: boolean, breakers: Readonly<Record<string, string>> = {}): unknown {
  const upstreams = PROVIDERS.flatMap(({ id: provider }) =>
    regionsOf(provider).map((region, at) => ({
      provider,
      region,
      breaker: at === 0 ? (breakers[provider] ?? 'closed') : 'closed',
    })),
  );
  const unhealthy = Object.keys(breakers).map((service) => ({ service, region: REGION, reason: 'breaker-open' }));
  return { status: 'ready', degraded, redis, upstreams, unhealthy };
}

describe('health', () => {
  it('no Redis configured: alive and ready', async () => {
    const gateway = await gatewayWith({});
    const live = await gateway.get('/livez');
    expect([live.status, live.body, live.headers['cache-control']]).toEqual([200, { status: 'alive' }, 'no-store']);
    const readiness = await gateway.get('/readyz');
    expect([readiness.status, readiness.body, readiness.headers['cache-control']]).toEqual([
      200,
      ready('not-configured', false),
      'no-store',
    ]);
    expect((await gateway.head('/livez')).status).toBe(200);
    expect((await gateway.head('/readyz')).status).toBe(200);
  });

  withRedis.it(
    'is degraded and ready when Redis is lost, and whole again when it is back',
    async () => {
      const redis = await startRedis();
      cleanups.push(redis.stop);
      const gateway = await gatewayWith(redisAt(redis.url));
      await until(gateway, 'up');
      expect((await gateway.get('/readyz')).body).toEqual(ready('up', false));

      await redis.kill();
      await until(gateway, 'down');
      const lost = await gateway.get('/readyz');
      expect([lost.status, lost.body]).toEqual([200, ready('down', true)]);
      expect((await gateway.get('/livez')).body).toEqual({ status: 'alive' });
      expect(taskIn(await gateway.get(TASK)).status).toBe('succeeded');

      const back = await startRedis({ port: redis.port });
      cleanups.push(back.stop);
      await until(gateway, 'up');
      expect((await gateway.get('/readyz')).body).toEqual(ready('up', false));
    },
    30_000,
  );

  it('Redis not there yet: starts, degraded and ready', async () => {
    const gateway = await gatewayWith(redisAt(`redis://127.0.0.1:${await freePort()}`));
    const reply = await gateway.get('/readyz');
    expect([reply.status, reply.body]).toEqual([200, ready('down', true)]);
    expect(taskIn(await gateway.get(TASK)).source).toBe('live');
    expect(taskIn(await gateway.get(TASK)).source).toBe('cache');
  });

  it('breaker open: degraded and ready, which its provider shows', async () => {
    const gateway = await gatewayWith({ upstream: { retries: 0, breakerMinimumRequests: 2, breakerOpenMs: 60_000 } });
    simulator.control.putFault('ims', { kind: 'error', status: 503, body: {} });
    cleanups.push(() => simulator.control.clearFaults());
    for (let look = 0; look < 2; look += 1)
      expect((await gateway.get(`/tasks/ims/ff87a66f7ac749b159ee539bb7aeef3${look}`)).body).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
      });
    const reply = await gateway.get('/readyz');
    expect([reply.status, reply.body]).toEqual([200, ready('not-configured', true, { ims: 'open' })]);
    expect((await gateway.get('/providers/ims')).body).toMatchObject({
      healthy: false,
      regions: [
        {
          name: REGION,
          breaker: 'open',
          retryAfterSeconds: expect.any(Number) as unknown,
          unhealthyReason: 'breaker-open',
        },
        { name: 'huawei-demo-1', breaker: 'closed', retryAfterSeconds: null, unhealthyReason: null },
      ],
    });
    expect((await gateway.get('/providers/apig')).body).toMatchObject({ healthy: true });
    expect(taskIn(await gateway.get(TASK)).status).toBe('succeeded');
  });
});
