import { afterAll, beforeAll, expect } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { total } from '../support/prometheus-text.js';
import { PATIENCE, startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { taskIn } from '../support/tasks.js';
import { startOperatedGateway } from './support/operated-gateway.js';
import type { OperatedGateway } from './support/operated-gateway.js';

const { describe, it } = needing('redis-server');
const IMAGE = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';

let redis: RedisServer;
let gateway: OperatedGateway;
beforeAll(async () => {
  redis = await startRedis();
  // Whatever is not in Redis is asked for.
  const cache = { memoryBytes: 0, redis: { kind: 'standalone', url: redis.url, ...PATIENCE } };
  gateway = await startOperatedGateway({ config: { cache } });
});
afterAll(async () => {
  await gateway.close();
  await redis.stop();
});

const figure = async (name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> =>
  total(await gateway.scrape(), `task_gateway_${name}`, labels);
const read = (tier: string, result: string) => figure('cache_reads_total', { kind: 'tasks', tier, result });

describe('figures of Redis', () => {
  it('what is stored in it alone: a miss, then a hit of that tier', async () => {
    await eventually(async () => (await figure('redis_up')) === 1);
    await gateway.get(IMAGE);
    expect(await read('redis', 'miss')).toBeGreaterThan(0);
    await eventually(async () => taskIn(await gateway.get(IMAGE)).source === 'cache');
    expect(await read('redis', 'hit')).toBeGreaterThan(0);
    expect(await read('memory', 'hit')).toBe(0);
    expect(await figure('redis_commands_total')).toBeGreaterThan(0);
  });

  it('it is lost: not up, and what is not sent is counted', async () => {
    const before = await figure('redis_skipped_total');
    await redis.kill();
    await eventually(async () => (await figure('redis_up')) === 0);
    expect((await gateway.get(IMAGE)).status).toBe(200);
    expect(await figure('redis_skipped_total')).toBeGreaterThan(before);
  });
});
