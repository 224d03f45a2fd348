import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startCluster } from '../support/redis-cluster.js';
import type { ClusterSetup } from '../support/redis-cluster.js';
import { NAMES, RedisBench, readAll } from './support/redis-stores.js';

jest.setTimeout(60_000);
const bench = new RedisBench();
let cluster: ClusterSetup;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());
afterEach(() => bench.clean());

describe('x', () => {
  it('works', async () => {
    const settings = { kind: 'cluster', nodes: cluster.addresses } as const;
    const one = await bench.use(settings);
    const other = await bench.use(settings);
    for (const name of NAMES) await one.set(name, name);
    await expect(readAll(other)).resolves.toEqual(NAMES);
    await expect(one.keepFirst('tg:{x}', '1')).resolves.toEqual(['kept', '1']);
    await expect(other.keepFirst('tg:{x}', '2')).resolves.toEqual(['found', '1']);
    await other.until(() => other.heard.includes('1'));
  });
});
